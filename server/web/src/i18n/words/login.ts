/** Logging in and changing a password. */
import { text } from "../text";

export const login = {
  login_title: text("로그인", "Log in"),
  login_lead: text(
    "점검 기록은 로그인한 사람에게만 보입니다.",
    "Sweep records are shown only to people who are logged in.",
  ),
  login_username: text("아이디", "User name"),
  login_password: text("비밀번호", "Password"),
  login_show_password: text("비밀번호 보기", "Show password"),
  login_submit: text("로그인", "Log in"),
  password_first_title: text("새 비밀번호 정하기", "Choose a new password"),
  password_first_lead: text(
    "지금 비밀번호는 다른 사람이 정해 준 것입니다. 본인만 아는 비밀번호로 바꾸어야 계속할 수 있습니다.",
    "Somebody else chose the present password. Choose one that only you know to go on.",
  ),
  password_received: text("받은 비밀번호", "Password you were given"),
  password_title: text("비밀번호 바꾸기", "Change the password"),
  password_current: text("현재 비밀번호", "Current password"),
  password_new: text("새 비밀번호", "New password"),
  password_again: text("새 비밀번호 다시", "New password again"),
  password_submit: text("비밀번호 바꾸기", "Change the password"),
  password_short: text("{n}자 이상이어야 합니다.", "At least {n} characters."),
  password_differs: text("두 번 적은 새 비밀번호가 서로 다릅니다.", "The new passwords are not the same."),
  password_changed: text(
    "비밀번호를 바꾸었습니다. 다른 기기에서는 로그아웃되었습니다.",
    "The password is changed. You are logged out everywhere else.",
  ),
  login_not_a_name: text(
    "아이디는 영문 소문자와 숫자입니다. 점검자 번호나 이름이 아니라 받은 아이디를 적으십시오.",
    "A user name is small letters and digits: the one you were given, not your number or name.",
  ),
  login_instead: text(
    "받은 아이디와 비밀번호로 로그인하십시오.",
    "Log in by the user name and password you were given.",
  ),
  login_first_time: text(
    "처음이면 아래에서 아이디와 비밀번호로 로그인하십시오.",
    "The first time, log in by user name and password below.",
  ),
  login_busy: text("확인하는 중", "Checking"),
  logout: text("로그아웃", "Log out"),
} as const;
