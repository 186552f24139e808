#include "subtitles/language_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace voxlate::subtitles {
namespace {

LanguageRules::Words words(std::string_view list) {
  LanguageRules::Words result;
  while (!list.empty()) {
    const std::size_t space = std::min(list.find(' '), list.size());
    if (space > 0) result.emplace(list.substr(0, space));
    list.remove_prefix(std::min(space + 1, list.size()));
  }
  return result;
}

LanguageRules english() {
  return {
      words("a an the my your his its our their this these those some any every each no of in on at to for from "
            "with without by about into onto over under between through during against towards toward upon "
            "within among across behind beside beyond near than as per via mr mrs ms dr st"),
      words("i you he she we they it who i'm i've i'll you're he's she's it's we're they're is are was were be been "
            "am do does did has have had will would can could should may might must shall not very so too just "
            "and or but if that which because when where while there what how"),
      words(""),
      words("and but or nor so because that which who whom whose when where while although though if unless until "
            "since after before whether as than then"),
      words("mr mrs ms dr prof st sr jr vs etc e.g i.e no vol fig gen col capt lt sgt rev hon inc ltd co u.s "
            "u.k approx dept est jan feb mar apr aug sept oct nov dec a.m p.m")};
}

LanguageRules spanish() {
  return {
      words("el la los las un una unos unas lo al del de a en con por para sin sobre entre desde hasta hacia según "
            "bajo ante tras contra durante mi mis tu tus su sus nuestro nuestra este esta estos estas ese esa esos "
            "esas aquel aquella cada sr sra dr dra"),
      words("yo tú él ella nosotros ellos ellas me te se le les nos no ni muy más tan y e o u que pero si ha he han "
            "hemos es son era fue está están"),
      words(""), words("y e o u pero sino porque que cuando donde mientras aunque si como quien cual cuyo pues"),
      words("sr sra srta dr dra ud uds etc pág núm av d dña ee.uu p.ej")};
}

LanguageRules french() {
  return {
      words("le la les un une des du de d' l' à au aux en dans par pour sur sous sans avec chez vers entre contre "
            "depuis pendant mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ce cet cette ces chaque "
            "quelques m mme mlle dr"),
      words("je j' tu il elle on nous vous ils elles ne n' me te se s' y très plus si et ou que qui mais est sont "
            "était a ont ai as avons avez"),
      words("pas"), words("et ou mais donc or ni car que qui dont où quand lorsque parce puisque comme si tandis"),
      words("m mm mme mlle dr pr etc cf p.ex av st ste")};
}

LanguageRules german() {
  return {words("der die das den dem des ein eine einen einem einer eines kein keine keinen keinem keiner mein meine "
                "meinen meinem dein deine sein seine seinen ihr ihre ihren ihrem unser unsere euer eure dieser diese "
                "dieses diesen diesem jeder jede jedes in im an am auf aus bei beim mit nach von vom zu zum zur für "
                "durch gegen ohne um über unter vor hinter neben zwischen seit während wegen herr frau dr"),
          words("ich du er sie es wir man nicht sehr zu so und oder aber dass ist sind war hat haben wird werden"),
          words(""),
          words("und oder aber denn sondern weil dass wenn als ob obwohl während damit der die das welche welcher wo "
                "wie bevor nachdem"),
          words("dr prof hr fr str nr bzw usw z.b d.h u.a ca evtl ggf inkl vgl st")};
}

LanguageRules portuguese() {
  return {
      words("o a os as um uma uns umas de do da dos das em no na nos nas num numa por pelo pela pelos pelas para pra "
            "com sem sob sobre entre até desde contra ao à aos às meu minha teu tua seu sua seus suas nosso nossa "
            "este esta esse essa aquele aquela cada sr sra dr dra"),
      words("eu tu ele ela nós vocês eles elas você não me te se lhe muito mais tão e ou que mas é são era foi está"),
      words(""), words("e ou mas porque que quando onde enquanto embora se como quem qual cujo pois"),
      words("sr sra srta dr dra etc pág av d ex v.ex p.ex")};
}

LanguageRules italian() {
  return {
      words("il lo la i gli le l' un uno una un' di del dello della dei degli delle a al allo alla ai agli alle da "
            "dal dallo dalla dai dagli dalle in nel nello nella nei negli nelle con su sul sullo sulla sui sugli "
            "sulle per tra fra senza verso mio mia miei mie tuo tua suo sua suoi sue nostro nostra questo questa "
            "quel quella quei ogni sig dott"),
      words("io tu lui lei noi voi loro mi ti si ci vi ne non più molto così e ed o che ma se è sono era ha ho hanno"),
      words(""), words("e ed o ma però perché che quando dove mentre anche se come chi cui quindi poiché"),
      words("sig sigg dott prof ecc pag p.es avv ing st")};
}

LanguageRules russian() {
  return {words("в во на с со к ко о об обо у из изо за от ото до по под подо над при про для без через между перед "
                "около после против среди кроме ради мой моя моё мои твой его её их наш ваш этот эта это эти тот та те "
                "каждый г ул"),
          words("я ты он она оно мы вы они мне тебе ему ей нам вам им не ни и а но или что как очень самый так"),
          words("же ли бы ведь"),
          words("и а но или что чтобы потому если когда где пока хотя который которая которое которые как"),
          words("г гг т.е т.д т.п т.к др пр ул стр см им д")};
}

LanguageRules dutch() {
  return {
      words("de het een mijn jouw zijn haar ons onze jullie hun deze dit die elke in op aan van voor met zonder door "
            "bij naar uit over onder tussen tegen tot om te als dan"),
      words("ik jij je hij zij we wij ze niet heel zo en of maar dat is was heeft hebben wordt"), words(""),
      words("en of maar want omdat dat die als wanneer terwijl hoewel toen waar"),
      words("dhr mevr dr drs bijv enz o.a d.w.z nr")};
}

LanguageRules chinese() {
  return {
      words("在 把 被 给 給 对 對 从 從 向 和 与 與 跟 不 没 沒 很 最 更 这 這 那 每 一 两 兩 几 幾 各 某 第 为 為 以 "
            "于 於 将 將 使 让 讓 比 当 當 并 並 而 且 或 但 因为 因為 所以 如果 虽然 雖然 一个 一個 这个 這個 那个 "
            "那個"),
      words("我 你 他 她 它 我们 我們 你们 你們 他们 他們 是 就 也 都 还 還 又 再 会 會 能 要 想 可以 有"),
      words("的 地 得 了 着 著 过 過 们 們 吗 嗎 呢 吧 啊 呀 嘛 啦 么 麼 等 里 裡 上 下 中 后 後 前 们的 起来 时 時 个 "
            "個"),
      words("但 但是 因为 因為 所以 如果 虽然 雖然 而且 然后 然後 或者 不过 不過 于是 於是"), words("")};
}

LanguageRules japanese() {
  return {words("この その あの どの こんな そんな あんな どんな お ご 約 第 各 全 毎"),
          words("もう まだ とても すごく 一番 最も"),
          words("は が を に へ と で も の か や から まで より だけ しか ば ね よ な わ ぞ さ こそ でも など って "
                "です ます でした ました だ た て で ない なかっ なら たら ください いる いた います いました ある "
                "あり する し します した れ られ せ させ う よう そう らしい こと もの ため とき ところ わけ はず "
                "さん ちゃん くん 様 的 者 性 化 たち 達 語 人 年 月 日 時 分 秒 回 円"),
          words("そして しかし でも だから それで また ただ もし なぜなら"), words("")};
}

LanguageRules thai() {
  return {words("ที่ ใน ของ จาก ถึง โดย กับ แก่ เพื่อ สำหรับ บน ใต้ ตาม ด้วย การ ความ ผู้ นัก เป็น คือ และ หรือ ซึ่ง "
                "นักท่อง ท่อง อัน ว่า ให้ ต่อ เมื่อ ทุก แต่ละ ทั้ง อย่าง"),
          words("ผม ฉัน คุณ เขา เธอ เรา มัน จะ ไม่ ได้ ต้อง กำลัง เคย ยัง ก็ อาจ ควร มี"),
          words("เที่ยว ครับ ค่ะ คะ นะ จ้ะ จ๊ะ สิ ล่ะ ด้วย แล้ว มาก ๆ ฯ นี้ นั้น ไหม หรอ เหรอ เลย อยู่"),
          words("และ แต่ หรือ เพราะ เพราะว่า ซึ่ง ที่ เมื่อ ถ้า หาก ดังนั้น แม้ แม้ว่า เพื่อ จึง"), words("")};
}

std::map<std::string, LanguageRules, std::less<>> make_table() {
  std::map<std::string, LanguageRules, std::less<>> table;
  table.emplace("en", english());
  table.emplace("es", spanish());
  table.emplace("fr", french());
  table.emplace("de", german());
  table.emplace("pt", portuguese());
  table.emplace("it", italian());
  table.emplace("ru", russian());
  table.emplace("nl", dutch());
  table.emplace("zh", chinese());
  table.emplace("ja", japanese());
  table.emplace("th", thai());
  return table;
}

}  // namespace

std::string primary_language(std::string_view tag) {
  std::string primary(tag.substr(0, tag.find_first_of("-_")));
  for (char& c : primary) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return primary;
}

const LanguageRules& language_rules(std::string_view primary) {
  static const std::map<std::string, LanguageRules, std::less<>> kTable = make_table();
  static const LanguageRules kNone;
  const auto found = kTable.find(primary);
  return found == kTable.end() ? kNone : found->second;
}

bool writes_ordinals_with_point(std::string_view primary) {
  static constexpr std::array<std::string_view, 13> kLanguages{"cs", "da", "de", "et", "fi", "hr", "hu",
                                                               "lv", "nb", "no", "pl", "sk", "sl"};
  return std::find(kLanguages.begin(), kLanguages.end(), primary) != kLanguages.end();
}

}  // namespace voxlate::subtitles
