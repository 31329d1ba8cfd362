//! What travels over HTTP: the requests and answers of the API, shared by the server and by programs that call it.
//!
//! Requests refuse fields that they do not know, so that nothing is set through the back door. Times are RFC 3339 in UTC,
//! hashes lower-case hexadecimal, sizes bytes.

mod account;
mod activity;
mod album;
mod asset;
mod device;
mod notice;
mod pairing;
mod passkey;
mod problem;
mod recovery;
mod safety;
mod space;
mod status;
mod words;

pub use account::{
    Agent, FactorInfo, Factors, Me, PasswordChange, ProofRequest, RecoveryCodes, SessionInfo, SetUpDone,
    SetUpRequest, SignInRequest, SignedIn, TokenInfo, TokenMade, TokenRequest, TotpConfirmRequest,
    TotpConfirmed, TotpMade, TotpRequest,
};
pub use activity::{ActivityCheck, ActivityEntry, ActivityPage, ActivityQuery, GivenUp, JobPhoto, WorkInfo};
pub use album::{
    AlbumInfo, AlbumPatch, AlbumRequest, GrantInfo, GrantRequest, MirrorInfo, MirrorRequest, Openings,
};
pub use asset::{
    AssetAlbum, AssetCopy, AssetDecision, AssetDetail, AssetFile, AssetInfo, AssetPage, AssetPatch,
    AssetVersion, CaptureTime, ChangeEvent, ChangeInfo, ChangePage, CheckRequest, CheckResponse,
    DeclineRequest, DeclinedSelection, Facet, FacetQuery, Facets, FileReceived, KnownRequest, Location,
    MonthInfo, OriginalQuery, PageQuery, PutFileQuery, SearchQuery, Selection, UploadInfo, Was,
};
pub use device::{DeviceInfo, DeviceReport, DeviceRequest};
pub use notice::{
    ChannelCode, ChannelInfo, ChannelMade, ChannelPatch, ChannelRequest, NoticeInfo, NoticePage, NoticeQuery,
    NoticesSeen,
};
pub use pairing::{
    PairingApproval, PairingBegun, PairingCollect, PairingInfo, PairingOutcome, PairingRequest, PairingState,
};
pub use passkey::{
    PasskeyAsk, PasskeyAsked, PasskeyConfirmRequest, PasskeyConfirmed, PasskeyPurpose, PasskeyRequest,
    PasskeyShown, PasskeySignIn,
};
pub use problem::Problem;
pub use recovery::{
    ContactInfo, ContactsInfo, ContactsRequest, KitChallenge, KitFinish, Recoveries, RecoveryFinish,
    RecoveryInfo, RecoveryMade, RecoveryRequest, RecoverySecret, RecoveryState, RecoveryStatus, VouchRequest,
};
pub use safety::{
    AlertInfo, AtRiskInfo, AtRiskPage, AtRiskQuery, CareRequest, CaredCopy, CopiesInfo, CoverageInfo,
    DamageInfo, DoingInfo, DrillInfo, DrillProblem, DrillReportInfo, DrillRequest, HeldInfo, QuietHours,
    ReviewInfo, ReviewOutcome, ReviewPoint, ReviewRecord, ReviewRequest, RuleInfo, UnprovedInfo,
};
pub use space::{
    AcceptRequest, InvitationInfo, InvitationMade, InvitationRequest, MemberInfo, MemberRequest, SpaceDetail,
    SpaceInfo, SpacePatch, SpaceRequest,
};
pub use status::{CopyInfo, RiskInfo, StatusInfo};
pub use words::{
    AlertKind, Approval, AssetKind, ChannelKind, DeviceKind, DrillScope, FileRole, MediaKind, NoticeKind,
    Permission, ProvedBy, RenditionKind, ReplicaState, ReviewKind, Role, Tier, permissions, words,
};
