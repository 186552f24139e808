#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "accounts/names.h"
#include "accounts/passwords.h"

namespace voxlate::accounts {
namespace {

// Words, names, key rows and numbers that lists of used passwords begin with, in the languages of the client; sorted.
constexpr std::array<std::string_view, 568> kCommon = {
    "000000",       "00000000",   "0123456789",  "101010",        "102030",       "10203040",   "111111",
    "1111111",      "11111111",   "112233",      "11223344",      "1122334455",   "121212",     "12121212",
    "123123",       "123123123",  "123321",      "12341234",      "123412341234", "12344321",   "123456",
    "1234567",      "12345678",   "123456789",   "1234567890",    "1234qwer",     "123654",     "123654789",
    "123abc",       "123qwe",     "123qweasd",   "131313",        "13131313",     "1314520",    "147258369",
    "147852",       "147852369",  "159357",      "159753",        "1q2w3e",       "1q2w3e4r",   "1q2w3e4r5t",
    "1qaz2wsx",     "1qazxsw2",   "20202020",    "222222",        "232323",       "252525",     "258456",
    "27182818",     "31415926",   "314159265",   "321321",        "333333",       "444444",     "456456",
    "5201314",      "555555",     "55555555",    "654321",        "666666",       "66666666",   "696969",
    "741852",       "741852963",  "753951",      "777777",        "7777777",      "789456",     "789456123",
    "789789",       "87654321",   "888888",      "88888888",      "963852741",    "987654",     "987654321",
    "9876543210",   "999999",     "99999999",    "a1b2c3d4",      "aa123456",     "aaaaaa",     "abc123",
    "abcabc",       "abcd1234",   "abcdef",      "abcdefg",       "abcdefgh",     "access",     "access14",
    "accessdenied", "admin",      "adminadmin",  "administrator", "amanda",       "america",    "amor",
    "amorcito",     "andrew",     "android",     "angel",         "angels",       "anhyeuem",   "anthony",
    "anything",     "apple",      "april",       "arsenal",       "asd123",       "asdasd",     "asdasdasd",
    "asdf",         "asdfgh",     "asdfghjkl",   "ashley",        "asshole",      "august",     "australia",
    "autumn",       "autumn2024", "azerty",      "azertyuiop",    "baby",         "babyboy",    "babygirl",
    "bailey",       "banana",     "bangkok",     "barcelona",     "baseball",     "basketball", "batman",
    "bbbbbb",       "bear",       "beatles",     "bella",         "berlin",       "biden",      "biology",
    "bitch",        "bitcoin",    "blessed",     "blink182",      "bond007",      "bonita",     "bonjour",
    "brasil",       "brother",    "buddy",       "bullshit",      "business",     "buster",     "butterfly",
    "canada",       "captain",    "change",      "changeit",      "changeme",     "charlie",    "charlie1",
    "cheese",       "chelsea",    "chemistry",   "chocolate",     "chouchou",     "christ",     "cisco",
    "clinton",      "college",    "company",     "computer",      "contrasena",   "contraseña", "conyeu",
    "cookie",       "cooper",     "corazon",     "corinthians",   "corvette",     "cowboys",    "crypto",
    "cutie",        "daisy",      "dance",       "dancer",        "daniel",       "database",   "debian",
    "december",     "default",    "demo",        "diamond",       "diosesamor",   "dmitri",     "docker",
    "doctor",       "dollar",     "dolphin",     "donald",        "doudou",       "dragon",     "drummer",
    "eagle",        "eagles",     "email",       "eminem",        "emyeuanh",     "england",    "estrella",
    "ethereum",     "example",    "facebook",    "falcon",        "family",       "father",     "february",
    "ferrari",      "ficken",     "fireman",     "flamengo",      "flower",       "football",   "forever",
    "fortnite",     "france",     "freedom",     "friday",        "friends",      "frühling",   "fuckme",
    "fuckoff",      "fuckyou",    "gabriel",     "gamer",         "gaming",       "gandalf",    "geheim",
    "george",       "germany",    "ginger",      "gmail",         "golden",       "google",     "greenday",
    "guest",        "guitar",     "hacked",      "hacker",        "hallo",        "hallohallo", "hanoi",
    "harley",       "harvard",    "heaven",      "hejsan",        "hello",        "hellohello", "helloworld",
    "hermosa",      "hiphop",     "history",     "hoangtu",       "hockey",       "honda",      "honey",
    "hotmail",      "hottie",     "hunter",      "ilovey",        "iloveyou",     "instagram",  "internet",
    "iphone",       "ivanova",    "jackass",     "james",         "jamesbond",    "january",    "jenkins",
    "jennifer",     "jessica",    "jesucristo",  "jesus",         "jordan",       "joshua",     "july",
    "june",         "juventus",   "kawasaki",    "keyboard",      "killer",       "kitten",     "knight",
    "krasota",      "kubernetes", "lakers",      "legend",        "letmein",      "letmein1",   "linkedin",
    "linux",        "lion",       "liverpool",   "login",         "london",       "losenord",   "loulou",
    "love",         "lovely",     "loveme",      "lubimaya",      "lucas",        "lucky",      "macbook",
    "maggie",       "mailmail",   "manager",     "manchester",    "march",        "marina",     "mario",
    "mariposa",     "master",     "master1",     "matkhau",       "matrix",       "matthew",    "max",
    "may",          "media",      "mercedes",    "merlin",        "metallica",    "michael",    "michelle",
    "microsoft",    "minecraft",  "molly",       "monday",        "money",        "monkey",     "moscow",
    "motdepasse",   "mother",     "music",       "mustang",       "mustang1",     "mypassword", "mysecret",
    "mysql",        "naruto",     "nastya",      "natasha",       "ncc1701",      "newpass",    "newpassword",
    "nicole",       "ninja",      "nintendo",    "nirvana",       "nothing",      "november",   "nurse",
    "obama",        "october",    "office",      "oracle",        "orange",       "p@ssw0rd",   "p@ssword",
    "pa55word",     "palmeiras",  "panther",     "paris",         "parol",        "pass",       "passcode",
    "passpass",     "passw0rd",   "passwd",      "password",      "password1",    "passwords",  "passwort",
    "passwort1",    "pepper",     "phoenix",     "physics",       "pirate",       "player",     "playstation",
    "pokemon",      "police",     "porsche",     "postgres",      "princesa",     "princess",   "private",
    "privet",       "puppy",      "purple",      "pussy",         "q1w2e3",       "q1w2e3r4",   "qazwsx",
    "qazwsxedc",    "qwe123",     "qweasd",      "qweasdzxc",     "qweqwe",       "qweqweqwe",  "qwer1234",
    "qwerty",       "qwertyuiop", "qwertz",      "qwertzuiop",    "rabbit",       "rafael",     "rainbow",
    "rakthai",      "ranger",     "raspberry",   "realmadrid",    "robert",       "rockstar",   "rocky",
    "root",         "rootroot",   "router",      "russia",        "russian",      "saigon",     "sample",
    "samsung",      "samurai",    "saturday",    "sawadee",       "sawasdee",     "schalke",    "schatz",
    "school",       "science",    "secret",      "secret1",       "secure",       "security",   "senha",
    "september",    "sergey",     "server",      "service",       "sexsex",       "sexy",       "sexyboy",
    "sexygirl",     "shadow",     "shadow1",     "silver",        "singer",       "sister",     "slipknot",
    "soccer",       "soldier",    "soleil",      "solnyshko",     "somchai",      "something",  "sommer",
    "sonic",        "sophie",     "spiderman",   "spring",        "spring2024",   "stanford",   "starwars",
    "steelers",     "strawberry", "student",     "subtitle",      "subtitles",    "summer",     "summer2024",
    "sunday",       "sunshine",   "superman",    "superuser",     "supervisor",   "suzuki",     "svetlana",
    "sweetie",      "sweety",     "sysadmin",    "teacher",       "team",         "teamo",      "temp",
    "temporary",    "tequiero",   "test",        "tester",        "testing",      "testpass",   "testtest",
    "thailand",     "thaithai",   "thepassword", "thomas",        "thursday",     "thx1138",    "tiger",
    "tigger",       "toor",       "toyota",      "transcript",    "translate",    "trump",      "trustno",
    "trustno1",     "tuesday",    "turtle",      "twitter",       "ubuntu",       "university", "unlock",
    "user",         "useruser",   "video",       "videos",        "vietnam",      "vladimir",   "voxlate",
    "warrior",      "webmaster",  "wednesday",   "welcom3",       "welcome",      "welcome1",   "welcome123",
    "whatever",     "whisper",    "william",     "windows",       "winter",       "winter2",    "winter2024",
    "wizard",       "wolf",       "work",        "worker",        "xbox",         "xsw2zaq",    "xyzxyz",
    "yahoo",        "yamaha",     "yankees",     "yellow",        "yeuem",        "yeuemnhieu", "yourpassword",
    "youtube",      "zaq12wsx",   "zaq1zaq",     "zelda",         "zxc123",       "zxcvbn",     "zxcvbnm",
    "zxczxc"};

static_assert(std::ranges::is_sorted(kCommon));

bool is_listed(std::string_view text) { return std::ranges::binary_search(kCommon, text); }

// "summer2024!" is "summer" with what everybody puts behind it.
std::string_view without_tail(std::string_view text) {
  const auto is_tail = [](char c) {
    return (c >= '0' && c <= '9') || std::string_view("!.?*#$@_-+").find(c) != std::string_view::npos;
  };
  while (!text.empty() && is_tail(text.back())) text.remove_suffix(1);
  return text;
}

// "aaaaaaaa", "23456789", "hgfedcba": each character as far from the next.
bool is_row(std::string_view text) {
  if (text.size() < 3) return true;
  const int step = text[1] - text[0];
  if (step < -1 || step > 1) return false;
  for (std::size_t i = 2; i < text.size(); ++i) {
    if (text[i] - text[i - 1] != step) return false;
  }
  return true;
}

// "abcabcabc" is "abc".
std::string_view without_repetitions(std::string_view text) {
  for (std::size_t period = 1; period <= text.size() / 2; ++period) {
    if (text.size() % period == 0 && text.substr(period) == text.substr(0, text.size() - period)) {
      return text.substr(0, period);
    }
  }
  return text;
}

}  // namespace

bool is_common_password(std::string_view password) {
  const std::string lower = lower_case(password);
  for (const std::string_view text : {std::string_view(lower), without_tail(lower), without_repetitions(lower)}) {
    if (is_listed(text) || is_row(text)) return true;
  }
  return is_listed(without_repetitions(without_tail(lower)));
}

}  // namespace voxlate::accounts
