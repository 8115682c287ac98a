package creatortest

import (
	"context"

	"meadow/media"
	"meadow/services/kernel/id"
	"meadow/services/kernel/video"
	"meadow/services/platform/rpc"
)

// filmed is a video, or why it cannot be used (yet).
type filmed struct {
	media.Video
	err error
}

// AddVideo makes a video of a minute, that cannot be used while err is not nil.
func (n *Neighbours) AddVideo(owner id.User, err error) id.Media {
	poster := n.AddPicture(owner)
	n.mu.Lock()
	defer n.mu.Unlock()
	m := id.Media(id.New("med", n.Now()))
	n.videos[m] = filmed{err: err, Video: media.Video{
		Owner: owner, Poster: poster,
		Video: video.Video{
			ID: m, Width: 720, Height: 1280, Duration: 60_000, Captions: []video.Caption{},
			HLS: media.VideoPath + string(m) + "/main.m3u8", Preview: media.VideoPath + string(m) + "/preview.mp4",
		},
	}}
	return m
}

// ChangeVideo says how a video is from now on, and whether it can be used.
func (n *Neighbours) ChangeVideo(m id.Media, err error, change func(*media.Video)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	v := n.videos[m]
	v.err = err
	change(&v.Video)
	n.videos[m] = v
}

// Claimed reports whether a picture or a video is used.
func (n *Neighbours) Claimed(m id.Media) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.claimed[m]
}

// Arrive makes a picture whose upload somebody was waiting for.
func (n *Neighbours) Arrive(m id.Media, owner id.User) {
	p := n.AddPicture(owner)
	n.mu.Lock()
	defer n.mu.Unlock()
	finished := n.pictures[p]
	finished.ID = m
	n.pictures[m] = finished
}

// ChangePicture says how a picture is from now on.
func (n *Neighbours) ChangePicture(m id.Media, change func(*media.Picture)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.pictures[m]
	change(&p)
	n.pictures[m] = p
}

type studio struct{ *Neighbours }

func (s studio) Grant(ctx context.Context, in media.GrantIn) (media.Ticket, error) {
	if err := inShop(ctx); err != nil {
		return media.Ticket{}, err
	}
	return media.Ticket{
		Upload: id.Upload(id.New("upl", s.Now())), URL: media.UploadPath, Token: id.Secret(),
		MaxBytes: in.MaxBytes, Until: s.Now().Add(media.GrantTTL),
	}, nil
}

func (s studio) Pictures(ctx context.Context, in media.PicturesIn) (media.Pictures, error) {
	if err := inShop(ctx); err != nil {
		return media.Pictures{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := media.Pictures{Items: []media.Picture{}}
	for _, m := range in.IDs {
		if p, ok := s.pictures[m]; ok {
			out.Items = append(out.Items, p)
		}
	}
	return out, nil
}

func (s studio) Claim(ctx context.Context, in media.ClaimIn) (media.Pictures, error) {
	found, err := s.Pictures(ctx, media.PicturesIn{IDs: in.IDs})
	if err != nil {
		return found, err
	}
	if len(found.Items) < len(in.IDs) {
		return media.Pictures{}, media.ErrNoSuchPicture
	}
	for _, p := range found.Items {
		if p.Owner != in.Owner {
			return media.Pictures{}, media.ErrNotOwner.With(string(p.ID), "is somebody else's")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range in.IDs {
		s.claimed[m] = true
	}
	return found, nil
}

func (s studio) Abilities(ctx context.Context, _ rpc.Empty) (media.Abilities, error) {
	return media.Abilities{
		Picture: media.Ability{Able: true, Types: []string{"image/jpeg"}, MaxBytes: media.MaxBytes},
		Video:   media.Ability{Able: true, Types: []string{"video/mp4"}, MaxBytes: media.MaxVideoBytes},
		Caption: media.Ability{Able: true, Types: []string{"text/vtt"}, MaxBytes: media.MaxCaptionBytes},
	}, inShop(ctx)
}

// Progress knows one upload, upl_known.
func (s studio) Progress(ctx context.Context, in media.ProgressIn) (media.Progress, error) {
	if err := inShop(ctx); err != nil {
		return media.Progress{}, err
	}
	if in.Upload != "upl_known" {
		return media.Progress{}, media.ErrNoUpload
	}
	return media.Progress{Upload: in.Upload, Media: "med_known", Kind: media.Film, Step: media.Checking}, nil
}

func (s studio) ClaimVideo(ctx context.Context, in media.ClaimVideoIn) (media.Video, error) {
	if err := inShop(ctx); err != nil {
		return media.Video{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.videos[in.Video.ID]
	switch {
	case !ok:
		return media.Video{}, media.ErrNoSuchVideo
	case v.Owner != in.Owner:
		return media.Video{}, media.ErrNotOwner
	case v.err != nil:
		return media.Video{}, v.err
	}
	s.claimed[v.ID] = true
	for _, c := range in.Video.Captions {
		v.Captions = append(v.Captions, video.Caption{ID: c.ID, Lang: c.Lang, URL: media.CaptionPath + string(c.ID)})
	}
	return v.Video, nil
}
