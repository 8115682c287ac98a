// Package mediahttp is how bytes come in and go out: uploads by the tus protocol
// 1.0 (creation, creation-with-upload, expiration, termination, checksum), and
// finished pictures, videos and captions. It sets and reads no cookie: an upload
// is allowed by the token of its ticket, and what is finished is public.
package mediahttp

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"meadow/media"
	"meadow/media/mediacore"
	"meadow/media/mediavideo"
	"meadow/services/kernel/errs"
	"meadow/services/kernel/id"
	"meadow/services/platform/blob"
	"meadow/services/platform/rpc"
)

// Handler serves everything below media.UploadPath, media.PicturePath,
// media.VideoPath and media.CaptionPath.
// Bodies are read as they arrive and never held whole, so a server must pass
// them on unbuffered and without a limit of time for the whole of one: ours ends
// what stands still. A body must end with an error when its connection is cut.
type Handler struct {
	core *mediacore.Core
	log  *slog.Logger
	mux  *http.ServeMux
}

// New returns a handler of core.
func New(core *mediacore.Core, log *slog.Logger) *Handler {
	h := &Handler{core: core, log: log, mux: http.NewServeMux()}
	h.tus("POST "+media.UploadPath, h.create)
	h.tus("HEAD "+media.UploadPath+"/{id}", h.offset)
	h.tus("PATCH "+media.UploadPath+"/{id}", h.patch)
	h.tus("DELETE "+media.UploadPath+"/{id}", h.terminate)
	h.mux.HandleFunc("OPTIONS "+media.UploadPath, h.options)
	h.mux.HandleFunc("OPTIONS "+media.UploadPath+"/{id}", h.options)
	h.mux.HandleFunc("GET "+media.PicturePath+"{name}", h.picture)
	h.mux.HandleFunc("GET "+media.VideoPath+"{folder}/{name}", h.video)
	h.mux.HandleFunc("GET "+media.CaptionPath+"{name}", h.captions)
	h.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { h.fail(w, r, rpc.ErrNoRoute) })
	return h
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.mux.ServeHTTP(w, r)
}

const (
	tusVersion    = "1.0.0"
	tusExtensions = "creation,creation-with-upload,expiration,termination,checksum"
	tusType       = "application/offset+octet-stream"
)

var (
	errVersion = errs.New(errs.Precondition, "tus_version", "This server speaks tus 1.0.0.")
	errType    = errs.New(errs.Unsupported, "upload_type", "Bytes are sent as "+tusType+".")
)

// tus serves f to those who speak the protocol.
func (h *Handler) tus(pattern string, f func(http.ResponseWriter, *http.Request) error) {
	h.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Tus-Resumable", tusVersion)
		w.Header().Set("Cache-Control", "no-store")
		if r.Header.Get("Tus-Resumable") != tusVersion {
			w.Header().Set("Tus-Version", tusVersion)
			h.fail(w, r, errVersion)
			return
		}
		if err := f(w, r); err != nil {
			h.fail(w, r, err)
		}
	})
}

func (h *Handler) options(w http.ResponseWriter, _ *http.Request) {
	head := w.Header()
	head.Set("Tus-Resumable", tusVersion)
	head.Set("Tus-Version", tusVersion)
	head.Set("Tus-Extension", tusExtensions)
	head.Set("Tus-Max-Size", strconv.Itoa(media.MaxVideoBytes))
	head.Set("Tus-Checksum-Algorithm", "sha1,sha256")
	w.WriteHeader(http.StatusNoContent)
}

func (h *Handler) create(w http.ResponseWriter, r *http.Request) error {
	length, err := strconv.ParseInt(r.Header.Get("Upload-Length"), 10, 64)
	if err != nil {
		return media.ErrLength
	}
	p, err := h.core.Create(r.Context(), token(r), length)
	if err != nil {
		return err
	}
	w.Header().Set("Location", media.UploadPath+"/"+string(p.Upload))
	if r.Header.Get("Content-Type") == tusType && p.Offset == 0 {
		if p, err = h.append(r, p.Upload, 0); err != nil && p.Upload == "" {
			return err
		}
		if judged(err) {
			return err
		}
		if err != nil { // it was begun, and says how far it got
			h.log.InfoContext(r.Context(), "upload cut", "upload", p.Upload, "offset", p.Offset, "err", err)
		}
		w.Header().Set("Upload-Offset", strconv.FormatInt(p.Offset, 10))
	}
	expires(w, p)
	w.WriteHeader(http.StatusCreated)
	return nil
}

// judged reports whether err is an answer, and not a connection that was cut.
func judged(err error) bool {
	_, ok := errors.AsType[*errs.Error](err)
	return ok
}

func (h *Handler) offset(w http.ResponseWriter, r *http.Request) error {
	p, err := h.core.Offset(r.Context(), token(r), of(r))
	if err != nil {
		return err
	}
	progress(w, p)
	w.Header().Set("Upload-Length", strconv.FormatInt(p.Length, 10))
	w.WriteHeader(http.StatusOK)
	return nil
}

func (h *Handler) patch(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("Content-Type") != tusType {
		return errType
	}
	offset, err := strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64)
	if err != nil || offset < 0 {
		return media.ErrOffset
	}
	p, err := h.append(r, of(r), offset)
	if err != nil {
		return err
	}
	progress(w, p)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *Handler) append(r *http.Request, to id.Upload, offset int64) (mediacore.Progress, error) {
	check, err := mediacore.ParseCheck(r.Header.Get("Upload-Checksum"))
	if err != nil {
		return mediacore.Progress{}, err
	}
	return h.core.Append(r.Context(), token(r), to, offset, r.Body, check)
}

func (h *Handler) terminate(w http.ResponseWriter, r *http.Request) error {
	if err := h.core.Terminate(r.Context(), token(r), of(r)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func progress(w http.ResponseWriter, p mediacore.Progress) {
	w.Header().Set("Upload-Offset", strconv.FormatInt(p.Offset, 10))
	expires(w, p)
}

func expires(w http.ResponseWriter, p mediacore.Progress) {
	if p.Offset < p.Length {
		w.Header().Set("Upload-Expires", p.Until.UTC().Format(http.TimeFormat))
		return
	}
	w.Header().Set(MediaHeader, string(p.Media))
}

// MediaHeader names the picture that a whole upload has become.
const MediaHeader = "Meadow-Media"

// token returns what the caller proves to be allowed.
func token(r *http.Request) string {
	t, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return t
}

func of(r *http.Request) id.Upload { return id.Upload(r.PathValue("id")) }

// statusChecksum is what tus answers a wrong checksum with.
const statusChecksum = 460

// status is what an error travels under: what the protocol says, else the
// project's own table.
func status(e *errs.Error) int {
	switch {
	case e.Is(media.ErrChecksum):
		return statusChecksum
	case e.Is(media.ErrExpired):
		return http.StatusGone
	case e.Is(errVersion):
		return http.StatusPreconditionFailed
	}
	return rpc.Status(e.Code)
}

func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := errs.Public(err)
	level := slog.LevelInfo
	if e.Code == errs.Internal && r.Context().Err() == nil {
		level = slog.LevelError
	}
	h.log.Log(r.Context(), level, "media request failed", "method", r.Method, "reason", e.Reason, "err", err)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status(e))
	if r.Method == http.MethodHead {
		return
	}
	if err := json.NewEncoder(w).Encode(rpc.ErrorBody{Error: e}); err != nil {
		h.log.InfoContext(r.Context(), "nobody heard the answer", "err", err)
	}
}

// picture serves a rendition.
func (h *Handler) picture(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	if tag := `"` + name + `"`; mediacore.FileName(name) && r.Header.Get("If-None-Match") == tag {
		w.Header().Set("ETag", tag)
		w.Header().Set("Cache-Control", forever)
		w.WriteHeader(http.StatusNotModified)
		return
	}
	kind := "image/jpeg"
	if strings.HasSuffix(name, ".webp") {
		kind = "image/webp"
	}
	h.serve(w, r, name, kind, func(ctx context.Context) (*blob.Object, error) { return h.core.Open(ctx, name) })
}

// video serves a file of a video. Players ask for stretches of it.
func (h *Handler) video(w http.ResponseWriter, r *http.Request) {
	folder, name := r.PathValue("folder"), r.PathValue("name")
	kind, _ := mediavideo.TypeOf(name)
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	h.serve(w, r, folder+"/"+name, kind, func(ctx context.Context) (*blob.Object, error) { return h.core.OpenFilm(ctx, folder, name) })
}

// captions serves the captions of a video.
func (h *Handler) captions(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	h.serve(w, r, name, "text/vtt; charset=utf-8", func(ctx context.Context) (*blob.Object, error) { return h.core.OpenCaptions(ctx, name) })
}

// serve answers with an object. What a name leads to never changes, so whoever
// has it need not ask again.
func (h *Handler) serve(w http.ResponseWriter, r *http.Request, name, kind string, open func(context.Context) (*blob.Object, error)) {
	o, err := open(r.Context())
	if err != nil {
		h.fail(w, r, err)
		return
	}
	defer o.Close()
	head := w.Header()
	head.Set("ETag", `"`+name+`"`)
	head.Set("Cache-Control", forever)
	head.Set("Content-Type", kind)
	head.Set("Content-Disposition", "inline")
	http.ServeContent(w, r, "", time.Time{}, o)
}

const forever = "public, max-age=31536000, immutable"
