#include "translation/abbreviations.h"

#include <algorithm>
#include <array>
#include <string>

#include "translation/moses_characters.h"

namespace voxlate::translation {
namespace {

/// Single letters with a full stop.
enum class Initials { kNone, kCapitals, kAll };

struct Language {
  std::string_view tag;
  std::string_view words;          // that take a full stop along, between spaces
  std::string_view before_number;  // the same where a number follows
  Initials initials = Initials::kCapitals;
  bool has_ordinals = false;  // "12." is the twelfth
};

constexpr std::array kLanguages = std::to_array<Language>({
    {.tag = "en",
     .words =
         " Adj Adm Adv Asst Ave Bldg Blvd Brig Bros Capt Cmdr Col Comdr Con Corp Cpl Dr Drs Ens Gen Gov Hon Hosp Hr "
         "Insp Lt Maj Messrs Mlle Mme Mr Mrs Ms Msgr Mt Op Ord Pfc Ph Prof Pvt Rep Reps Res Rev Rt Sen Sens Sgt Sr "
         "St Supt Surg Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec e.g i.e rev v vs ",
     .before_number = " Art No Nos Nr pp "},
    {.tag = "de",
     .words =
         " Abb Abs Adm Art Aufl Bd Bde Bsp Co Dipl Dir Dr Erl Fa Fr Frl Hr Hrn Hrsg Inc Ing Jh Jhd Kap Kgl Min Mio "
         "Mrd Mr Mrs Ms Nr Pos Prof Red St Std Str Tel Ver Ziff a.a.O allg bspw bzgl bzw ca d.h dgl ebd etc evtl "
         "exkl gest ggf ggü inkl ing max min o.a o.ä s.o s.u sog u.a u.s.w usf usw v.a vgl vs z.B z.T z.Z zzgl ",
     .before_number = "",
     .initials = Initials::kAll,
     .has_ordinals = true},
    {.tag = "fr",
     .words = " Bd Cie MM Me Mgr Mlle Mlles Mme Mmes Mr No Nos Pr St Ste adj adv apr av ca cf chap col dir env etc "
              "ex fig hab ibid janv fév avr juil sept oct nov déc op p.ex pl pp réf rév tél vol vs ",
     .before_number = " no nos ",
     .initials = Initials::kAll},
    {.tag = "es",
     .words =
         " Av Avda Cía Dª Dn Dr Dra Dras Dres Excmo Fdo Gral Hno Hnos Ilmo Ing Lic Ltda Mons Pág Prof Profa Rev S.A "
         "Sr Sra Sras Sres Srta Sta Sto Tel Ud Uds Vd Vds aprox art cap cf dcha ed ej etc fig izq núm p.ej pág págs "
         "prof sr sra tel vol vs ",
     .before_number = ""},
    {.tag = "it",
     .words =
         " Arch Avv Cav Co Dott Dr Egr Gen Geom Ing Mons Mr Mrs On Prof Rag Sen Sig Sigg St a.C c.m ca cfr d.C dott "
         "ecc es etc fig ing pag pagg prof sig tav tel vol vs ",
     .before_number = " n nn art "},
    {.tag = "pt",
     .words =
         " Adj Adv Av Cap Cel Dr Dra Dras Drs Eng Exmo Exma Fig Gen Ltda Prof Profa Profs Rev Sen Sr Sra Sras Srs Sta "
         "Sto Srta art av cap cf etc fig gen ltda p.ex pág pp prof sr tel vol vs ",
     .before_number = " No Nos no nos núm ",
     .initials = Initials::kAll},
    {.tag = "nl",
     .words =
         " bacc bc bgen cf ca c.q d.w.z dhr dr drs enz etc evt excl fam gen i.p.v i.v.m incl ing ir jhr jkvr jr kol "
         "luit m.a.w m.b.t max mevr mgr min mr mw nl o.a pag plv prof resp sr st t.a.v vgl vs z.g.a.n zgn ",
     .before_number = " Nr nr "},
    {.tag = "pl",
     .words =
         " al alb ang art bł br cd dł doc dr dyr gen godz hab im inż itd itp jw kard kpt lek m.in mjr mec mgr mies mln "
         "mld n.p.m np nr ob ok os p.n.e pl pn płk pos prof ps red rozdz ryc św sekr śp str tab tel tj tys tzn tzw ul "
         "ur vs w.w ww wg woj zob ",
     .before_number = ""},
    {.tag = "ru",
     .words =
         " акад г гг гл гор гр д доц др ж зам изд инж к кн коп куб м мин млн млрд напр н.э о обл оз ок п пер пл пос "
         "пр проф р руб рис с св см соч стр с.г т табл т.д т.е т.к т.н т.п тел тов трлн тыс ул ч чел шт экз ",
     .before_number = ""},
    {.tag = "sv",
     .words =
         " AB G a.a adj bl.a c.a ca dr d.v.s dvs e.d el enl etc ev f.d f.n f.ö forts fr.o.m inkl jfr kl m.fl m.m max "
         "milj min mm mom o.d o.s.v osv p.g.a pga resp s.k sid st t.ex t.o.m t.v tr ung vs ",
     .before_number = ""},
    {.tag = "cs",
     .words =
         " Bc CSc DiS Dr Ing JUDr Mgr MUDr MVDr Ph PhDr Prof RNDr apod atd atp cca č čís doc dr fax hod kč kpt mil min "
         "mj mld mm např nám npor obr odd okr pan plk pozn prof přibl resp roč rtm sl stol str sv tel tis tj tř tzn "
         "tzv ul viz vs vč vyd zejm ",
     .before_number = "",
     .initials = Initials::kNone},
    {.tag = "sk",
     .words = " Bc CSc Dr Ing JUDr Mgr MUDr Ph PhDr Prof RNDr a.s apod atď č doc dr fax hod mil min mld napr nám obr "
              "okr pozn "
              "prof resp roč s.r.o str sv tel tis tj tzn tzv ul vs ",
     .before_number = ""},
    {.tag = "sl",
     .words = " Dr Itd Itn dipl doc dr ga gl g idr itd itn mag mdr min mio mlad npr oz prof prim sv št tel tj ul ",
     .before_number = ""},
    {.tag = "hu",
     .words =
         " Dr Kft Rt Zrt Nyrt alez áll dk dny dr egy ér évf ford id ifj ill is kb kft kk köv krt lásd max min mk ny "
         "nyug p par pl rt stb sz szept szt tel u ú ui ún vö ",
     .before_number = ""},
    {.tag = "fi",
     .words = " alik ao dos eKr ekr em eo esim eteläm eversti huom jKr jne ks kts maist mm mv n nk no ns nro "
              "oik os par pj prof puh ps rva s so srk synt tms tod toim tri ts ups v vas vrt vs vt ym yms ",
     .before_number = ""},
    {.tag = "ro",
     .words =
         " Dl Dna D-l Dvs Dr Prof Sf St art bd bl cca cf cap dl dna dr ed etc ex fig ing jud lt min mii mil mld mr "
         "nr pag pct prof resp sec sr str tel vol vs ",
     .before_number = ""},
    {.tag = "ca",
     .words =
         " Av Dr Dra Il Sr Sra Srs Sta Sto St aprox art av cap cf ed etc fig núm p.ex pàg pàgs prof pts tel vol vs ",
     .before_number = ""},
});

const Language& language_of(std::string_view tag) {
  const auto* const found =
      std::find_if(kLanguages.begin(), kLanguages.end(), [&](const Language& language) { return language.tag == tag; });
  return found == kLanguages.end() ? kLanguages.front() : *found;
}

bool is_listed(std::string_view words, std::string_view word) {
  return words.find(" " + std::string(word) + " ") != std::string_view::npos;
}

bool is_initial(std::string_view word, Initials initials) {
  constexpr std::size_t kMostBytes = 4;
  if (initials == Initials::kNone || word.size() > kMostBytes) return false;
  const std::u32string characters = code_points_of(word);
  if (characters.size() != 1) return false;
  return is_upper(characters[0]) || (initials == Initials::kAll && is_lower(characters[0]));
}

bool is_small_number(std::string_view word) {
  return !word.empty() && word[0] != '0' && word.size() <= 2 &&
         word.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

FullStop full_stop_behind(std::string_view word, std::string_view language) {
  const Language& rules = language_of(language);
  if (is_initial(word, rules.initials) || is_listed(rules.words, word)) return FullStop::kBelongsToWord;
  if (rules.has_ordinals && is_small_number(word)) return FullStop::kBelongsToWord;
  return is_listed(rules.before_number, word) ? FullStop::kBelongsBeforeNumber : FullStop::kEndsSentence;
}

}  // namespace voxlate::translation
