/** The desk's words about the city's single sign-on: which account it opens, and by whose number there. */
import { text } from "../i18n/text";

export const signOnWords = {
  signon_title: text("통합인증 연결", "Single sign-on"),
  signon_lead: text(
    "{name}으로 로그인한 사람이 어느 계정을 쓰는지 정합니다. 연결하지 않은 사람은 들어올 수 없고, 연결해도 역할은 바뀌지 않습니다.",
    "Which account somebody uses who logs in by {name}. Nobody gets in without a link, and a link changes no role.",
  ),
  signon_off: text(
    "이 서버에는 통합인증이 설정되어 있지 않습니다. 운영자가 설정(oidc_issuer)하면 여기서 계정에 연결합니다.",
    "This server has no single sign-on. Once its operator has set one up (oidc_issuer), accounts are linked here.",
  ),
  signon_how: text(
    "연결되지 않은 사람이 통합인증으로 로그인하면 화면에 사용자 식별값(sub)이 나옵니다. 그 값을 그대로 받아 적으십시오.",
    "Whoever logs in there without a link is shown an identifier (sub). Take it down exactly as it is shown.",
  ),
  signon_counts: text("{all}명 중 {linked}명 연결됨", "{linked} of {all} linked"),
  signon_search: text("이름, 아이디, 식별값", "Name, user name or identifier"),
  signon_none: text("연결 안 됨", "Not linked"),
  signon_linked: text("{when} 연결", "Linked {when}"),
  signon_old: text(
    "이전 통합인증의 연결이라 더는 열리지 않습니다.",
    "Linked to an earlier provider: it opens nothing any more.",
  ),
  signon_subject: text("통합인증 식별값(sub)", "Identifier there (sub)"),
  signon_link: text("연결", "Link"),
  signon_change: text("바꾸기", "Change"),
  signon_save: text("이 값으로 연결", "Link this one"),
  signon_stop: text("그만두기", "Leave it"),
  signon_unlink: text("연결 끊기", "Unlink"),
  signon_sure: text(
    "{name}의 연결을 끊습니까? 다음부터 통합인증으로 들어올 수 없습니다.",
    "Unlink {name}? The single sign-on will not open this account again.",
  ),
  signon_done_linked: text("{name}의 계정에 연결했습니다.", "{name} is linked."),
  signon_done_unlinked: text("{name}의 연결을 끊었습니다.", "{name} is unlinked."),
  signon_nobody: text("해당하는 계정이 없습니다.", "No such account."),
} as const;
