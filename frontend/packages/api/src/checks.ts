import type { components } from './schema'
import type * as t from './types'

type S = components['schemas']
/** A type of ours, if the document's answers look like that; an error if not. */
type Fits<Wide, Ours extends Wide> = Ours

/** What we call answers, held against the API's document. */
export type Checked = [
  Fits<S['AccountUser'], t.User>,
  Fits<S['AccountSession'], t.Session>,
  Fits<S['AccountAddress'], t.Address>,
  Fits<S['CatalogMerchant'], t.Merchant>,
  Fits<S['CatalogProduct'], t.Product>,
  Fits<S['CatalogStock'], t.Stock>,
  Fits<S['CheckoutOrder'], t.Order>,
  Fits<S['CheckoutPayment'], t.Payment>,
  Fits<S['CheckoutQuote'], t.Quote>,
  Fits<S['CheckoutSale'], t.Sale>,
  Fits<S['CreatorCard'], t.Card>,
  Fits<S['CreatorCollection'], t.Collection>,
  Fits<S['CreatorPost'], t.Post>,
  Fits<S['CreatorProfile'], t.Profile>,
  Fits<S['CreatorReaction'], t.Reaction>,
  Fits<S['CreatorShare'], t.Share>,
  Fits<S['CreatorShowcased'], t.Showcased>,
  Fits<S['CreatorTicket'], t.Ticket>,
  Fits<S['EngageCounts'], t.Counts>,
  Fits<S['EngageNotice'], t.Notice>,
  Fits<S['EngagePreferences'], t.Preferences>,
  Fits<S['FeedResults'], t.Results>,
  Fits<S['FeedSuggestions'], { items: t.Suggestion[] }>,
  Fits<S['FeedTrends'], t.Trends>,
  Fits<S['InsightEvent'], t.SeenEvent>,
  Fits<S['LedgerLine'], t.LedgerLine>,
  Fits<S['ModerationBound'], t.Bound>,
  Fits<S['ModerationStanding'], t.Standing>,
  Fits<S['Picture'], t.Picture>,
  Fits<S['Received'], t.Letter>,
  Fits<S['TalkComment'], t.Comment>,
]
