//! What travels over HTTP: the requests and answers of the API, shared by the server and by programs that call it.
//!
//! Requests refuse fields that they do not know, so that nothing is set through the back door. Times are RFC 3339 in UTC,
//! hashes lower-case hexadecimal, sizes bytes.

mod account;
mod album;
mod asset;
mod notice;
mod problem;
mod space;
mod status;
mod words;

pub use account::{
    Agent, FactorInfo, Factors, Me, PasswordChange, ProofRequest, RecoveryCodes, SessionInfo, SetUpDone,
    SetUpRequest, SignInRequest, SignedIn, TokenInfo, TokenMade, TokenRequest, TotpConfirmRequest,
    TotpConfirmed, TotpMade, TotpRequest,
};
pub use album::{
    AlbumInfo, AlbumPatch, AlbumRequest, GrantInfo, GrantRequest, MirrorInfo, MirrorRequest, Openings,
};
pub use asset::{
    AssetDetail, AssetFile, AssetInfo, AssetPage, AssetPatch, AssetVersion, CaptureTime, ChangeEvent,
    ChangeInfo, ChangePage, CheckRequest, CheckResponse, Facet, FacetQuery, Facets, FileReceived,
    KnownRequest, Location, PageQuery, PutFileQuery, SearchQuery, UploadInfo, Was,
};
pub use notice::{
    ChannelCode, ChannelInfo, ChannelKind, ChannelMade, ChannelPatch, ChannelRequest, NoticeInfo, NoticeKind,
    NoticePage, NoticeQuery, NoticesSeen,
};
pub use problem::Problem;
pub use space::{
    AcceptRequest, InvitationInfo, InvitationMade, InvitationRequest, MemberInfo, MemberRequest, SpaceDetail,
    SpaceInfo, SpacePatch, SpaceRequest,
};
pub use status::{CopyInfo, RiskInfo, StatusInfo};
pub use words::{AssetKind, FileRole, MediaKind, Permission, RenditionKind, Role, Tier, permissions, words};
