/** Short names for the generated types, taken from the routes that return them. */
import type { Readable } from "openapi-typescript-helpers";
import type { components, paths } from "./schema";

type Returned<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { "application/json": infer Body } } } };
}
  ? Readable<Body>
  : never;

export type User = NonNullable<Returned<"/api/me">["user"]>;
export type SecondFactor = Returned<"/api/second-factor">;
export type NewSecondFactor = Readable<components["schemas"]["NewSecondFactor"]>;
export type PinState = Returned<"/api/pin">;
export type SecondPerson = components["schemas"]["SecondPerson"];
export type PasskeyView = Returned<"/api/passkeys">["passkeys"][number];
export type PasskeyChallenge = Readable<components["schemas"]["PasskeyChallenge"]>;
export type PasskeyOptions = Readable<components["schemas"]["PasskeyOptions"]>;
export type PasskeyAnswer = components["schemas"]["PasskeyAnswer"];
export type RoomSummary = Returned<"/api/rooms">["rooms"][number];
export type RoomDetail = Returned<"/api/rooms/{room_id}">;
export type OwnRoom = Returned<"/api/facility/rooms">["rooms"][number];
export type SweepSummary = NonNullable<RoomSummary["last_sweep"]>;
export type EquipmentResult = SweepSummary["equipment"];
export type PersonsResult = SweepSummary["persons"];
export type SweepDetail = Returned<"/api/sweeps/{sweep_id}">;
export type ZoneStands = SweepDetail["zones"][number];
export type ZoneState = ZoneStands["state"];
export type FindingStands = SweepDetail["findings"][number];
export type FindingPlace = NonNullable<SweepDetail["finding_places"]>[number];
export type FindingState = FindingStands["state"];
export type SweepReport = NonNullable<SweepDetail["report"]>;
export type AdmittedKey = Returned<"/api/keys">["keys"][number];
export type LogFork = Returned<"/api/keys">["forks"][number];
export type WaitingKey = Returned<"/api/keys">["waiting"][number];
export type ProbeView = Returned<"/api/probes">["probes"][number];
export type ProbeState = NonNullable<ProbeView["state"]>;

export type DueView = Returned<"/api/schedule">["items"][number];
export type DayPlan = Returned<"/api/schedule/rounds">;
export type RoomState = Returned<"/api/rooms/{room_id}/state">;
export type VisitComparison = Returned<"/api/rooms/{room_id}/comparison">;
export type Practice = Returned<"/api/practice">;
export type CaseView = Returned<"/api/cases">["cases"][number];
export type ProveRequest = components["schemas"]["ProveRequest"];
export type ClaimView = Returned<"/api/proofs">["waiting"][number];
export type CaseDetail = Returned<"/api/cases/{case_id}">;
export type CaseCreated = Readable<components["schemas"]["CaseCreated"]>;
/** A step of a case, as a person records it. */
export type CaseStep = components["schemas"]["StepRequest"]["step"];
/** The step that opens one. */
export type FirstStep = components["schemas"]["CaseRequest"]["step"];
export type PhotoView = Returned<"/api/cases/{case_id}/photos">["photos"][number];
export type PhotoDeclaration = NonNullable<Returned<"/api/cases/{case_id}/photos">["declaration"]>;
export type Arrow = components["schemas"]["Arrow"];
export type PhotoRequest = components["schemas"]["PhotoRequest"];
export type CityMap = Returned<"/api/desk/map">;

export type Plan = SweepReport["plan"];
export type Zone = Plan["zones"][number];
export type Position = SweepReport["positions"][number];
export type Observation = SweepReport["observations"][number];
export type Finding = SweepReport["findings"][number];
export type Evidence = Finding["evidence_for"][number];
export type TransmitterPlace = SweepReport["places"][number];
export type ProbeCondition = NonNullable<SweepReport["condition"]>;
export type ZoneVerdict = SweepReport["verdicts"][number];
export type ZoneCoverage = SweepReport["coverage"][number];
export type WallView = NonNullable<ZoneCoverage["walls"]>[number];
export type TargetCoverage = NonNullable<SweepReport["targets"]>[number];
export type Modality = ZoneVerdict["modality"];
export type VerdictName = ZoneVerdict["verdict"];
export type Mode = SweepReport["mode"];
export type Source = SweepReport["source"];
export type EntryRow = SweepDetail["entries"][number];
export type DispositionView = SweepDetail["dispositions"][number];
export type DispositionVerdict = DispositionView["verdict"];
/** As it lies on the phone; when it was written is said as it is sent. */
export type VisitNote = Omit<components["schemas"]["VisitNoteRequest"], "claimed">;
export type InspectionRequest = components["schemas"]["InspectionRequest"];
export type NotificationSettings = components["schemas"]["NotificationSettings"];
export type Instrument = components["schemas"]["InstrumentView"];
export type SignatureRequest = Omit<components["schemas"]["SignatureRequest"], "claimed">;
export type FindingDetailsView = SweepDetail["details"][number];
export type CropView = SweepDetail["crops"][number];

export type LiveMessage = Readable<components["schemas"]["LiveMessage"]>;
type ResponseTestEvent = Extract<LiveMessage["event"], { type: "trial" }>;
export type ResponseTestFlow = NonNullable<ResponseTestEvent["flows"]>[number];
export type SecondLook = Extract<LiveMessage["event"], { type: "second_look" }>;
export type CoverageEvent = Extract<LiveMessage["event"], { type: "coverage" }>;
/** A place that somebody is asked to look at by eye. */
export type LookAskedEvent = Extract<LiveMessage["event"], { type: "look_asked" }>;
/** A place on a wall of its zone. */
export type WallSpot = NonNullable<LookAskedEvent["spot"]>;
export type DevicesEvent = Extract<LiveMessage["event"], { type: "devices" }>;
export type DeviceSummary = DevicesEvent["devices"][number];
export type DeviceLevel = DeviceSummary["levels"][number];
export type NearEvent = Extract<LiveMessage["event"], { type: "near" }>;
export type Nearness = NearEvent["things"][number];
export type ReferenceEvent = Extract<LiveMessage["event"], { type: "reference" }>;
export type ReferenceCheck = Returned<"/api/probes/{probe_id}/reference-checks">["checks"][number];
export type ConditionEvent = Extract<LiveMessage["event"], { type: "condition" }>;
export type DoctorEvent = Extract<LiveMessage["event"], { type: "doctor" }>;
export interface EntryEvent {
  readonly sweep_id: string;
  readonly kind: string;
}
export type LocalText = Readable<components["schemas"]["LocalText"]>;

export type ExportJob = components["schemas"]["ExportJobView"];
export type ExportRequest = components["schemas"]["ExportRequest"];
