#include "models/catalogue.h"

#include <algorithm>
#include <array>
#include <vector>

namespace voxlate::models {
namespace {

// Revisions, so that a file and its checksum cannot part.
constexpr std::string_view kWhisperFolder = "ggerganov/whisper.cpp/resolve/5359861c739e955e79d9a303bcbc70fb988958b1/";
constexpr std::string_view kVoiceActivityFolder =
    "ggml-org/whisper-vad/resolve/9ffd54a1e1ee413ddf265af9913beaf518d1639b/";

struct Row {
  std::string_view id;
  std::uint64_t size_bytes;
  std::string_view sha256;
};

constexpr std::array kWhisper = {
    Row{"tiny", 77'691'713, "be07e048e1e599ad46341c8d2a135645097a538221678b7acdd1b1919c6e1b21"},
    Row{"tiny-q5_1", 32'152'673, "818710568da3ca15689e31a743197b520007872ff9576237bda97bd1b469c3d7"},
    Row{"tiny-q8_0", 43'537'433, "c2085835d3f50733e2ff6e4b41ae8a2b8d8110461e18821b09a15c40c42d1cca"},
    Row{"tiny.en", 77'704'715, "921e4cf8686fdd993dcd081a5da5b6c365bfde1162e72b08d75ac75289920b1f"},
    Row{"tiny.en-q5_1", 32'166'155, "c77c5766f1cef09b6b7d47f21b546cbddd4157886b3b5d6d4f709e91e66c7c2b"},
    Row{"tiny.en-q8_0", 43'550'795, "5bc2b3860aa151a4c6e7bb095e1fcce7cf12c7b020ca08dcec0c6d018bb7dd94"},
    Row{"base", 147'951'465, "60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe"},
    Row{"base-q5_1", 59'707'625, "422f1ae452ade6f30a004d7e5c6a43195e4433bc370bf23fac9cc591f01a8898"},
    Row{"base-q8_0", 81'768'585, "c577b9a86e7e048a0b7eada054f4dd79a56bbfa911fbdacf900ac5b567cbb7d9"},
    Row{"base.en", 147'964'211, "a03779c86df3323075f5e796cb2ce5029f00ec8869eee3fdfb897afe36c6d002"},
    Row{"base.en-q5_1", 59'721'011, "4baf70dd0d7c4247ba2b81fafd9c01005ac77c2f9ef064e00dcf195d0e2fdd2f"},
    Row{"base.en-q8_0", 81'781'811, "a4d4a0768075e13cfd7e19df3ae2dbc4a68d37d36a7dad45e8410c9a34f8c87e"},
    Row{"small", 487'601'967, "1be3a9b2063867b937e64e2ec7483364a79917e157fa98c5d94b5c1fffea987b"},
    Row{"small-q5_1", 190'085'487, "ae85e4a935d7a567bd102fe55afc16bb595bdb618e11b2fc7591bc08120411bb"},
    Row{"small-q8_0", 264'464'607, "49c8fb02b65e6049d5fa6c04f81f53b867b5ec9540406812c643f177317f779f"},
    Row{"small.en", 487'614'201, "c6138d6d58ecc8322097e0f987c32f1be8bb0a18532a3f88f734d1bbf9c41e5d"},
    Row{"small.en-q5_1", 190'098'681, "bfdff4894dcb76bbf647d56263ea2a96645423f1669176f4844a1bf8e478ad30"},
    Row{"small.en-q8_0", 264'477'561, "67a179f608ea6114bd3fdb9060e762b588a3fb3bd00c4387971be4d177958067"},
    Row{"medium", 1'533'763'059, "6c14d5adee5f86394037b4e4e8b59f1673b6cee10e3cf0b11bbdbee79c156208"},
    Row{"medium-q5_0", 539'212'467, "19fea4b380c3a618ec4723c3eef2eb785ffba0d0538cf43f8f235e7b3b34220f"},
    Row{"medium-q8_0", 823'369'779, "42a1ffcbe4167d224232443396968db4d02d4e8e87e213d3ee2e03095dea6502"},
    Row{"medium.en", 1'533'774'781, "cc37e93478338ec7700281a7ac30a10128929eb8f427dda2e865faa8f6da4356"},
    Row{"medium.en-q5_0", 539'225'533, "76733e26ad8fe1c7a5bf7531a9d41917b2adc0f20f2e4f5531688a8c6cd88eb0"},
    Row{"medium.en-q8_0", 823'382'461, "43fa2cd084de5a04399a896a9a7a786064e221365c01700cea4666005218f11c"},
    Row{"large-v3-turbo", 1'624'555'275, "1fc70f774d38eb169993ac391eea357ef47c88757ef72ee5943879b7e8e2bc69"},
    Row{"large-v3-turbo-q5_0", 574'041'195, "394221709cd5ad1f40c46e6031ca61bce88931e6e088c188294c6d5a55ffa7e2"},
    Row{"large-v3-turbo-q8_0", 874'188'075, "317eb69c11673c9de1e1f0d459b253999804ec71ac4c23c17ecf5fbe24e259a1"},
    Row{"large-v1", 3'094'623'691, "7d99f41a10525d0206bddadd86760181fa920438b6b33237e3118ff6c83bb53d"},
    Row{"large-v2", 3'094'623'691, "9a423fe4d40c82774b6af34115b8b935f34152246eb19e80e376071d3f999487"},
    Row{"large-v2-q5_0", 1'080'732'091, "3a214837221e4530dbc1fe8d734f302af393eb30bd0ed046042ebf4baf70f6f2"},
    Row{"large-v2-q8_0", 1'656'129'691, "fef54e6d898246a65c8285bfa83bd1807e27fadf54d5d4e81754c47634737e8c"},
    Row{"large-v3", 3'095'033'483, "64d182b440b98d5203c4f9bd541544d84c605196c4f7b845dfa11fb23594d1e2"},
    Row{"large-v3-q5_0", 1'081'140'203, "d75795ecff3f83b5faa89d1900604ad8c780abd5739fae406de19f23ecd98ad1"},
};

int languages_of(std::string_view id) {
  if (id.find(".en") != std::string_view::npos) return 1;
  return id.starts_with("large-v3") ? 100 : 99;  // Cantonese came with it
}

KnownModel whisper_model(const Row& row) {
  KnownModel model{.id = std::string(row.id),
                   .file = "ggml-" + std::string(row.id) + ".bin",
                   .path = {},
                   .kind = ModelKind::kWhisper,
                   .quantisation = std::string(quantisation_in(row.id)),
                   .n_languages = languages_of(row.id),
                   .size_bytes = row.size_bytes,
                   .sha256 = std::string(row.sha256)};
  model.path = std::string(kWhisperFolder) + model.file;
  if (model.quantisation.empty()) model.quantisation = "f16";
  return model;
}

KnownModel silero_model() {
  KnownModel model{.id = "silero-vad",
                   .file = "ggml-silero-v6.2.0.bin",
                   .path = {},
                   .kind = ModelKind::kVoiceActivity,
                   .quantisation = "f32",
                   .n_languages = 0,
                   .size_bytes = 885'098,
                   .sha256 = "2aa269b785eeb53a82983a20501ddf7c1d9c48e33ab63a41391ac6c9f7fb6987"};
  model.path = std::string(kVoiceActivityFolder) + model.file;
  return model;
}

std::vector<KnownModel> make_catalogue() {
  std::vector<KnownModel> models{silero_model()};
  std::transform(kWhisper.begin(), kWhisper.end(), std::back_inserter(models), whisper_model);
  return models;
}

}  // namespace

std::span<const KnownModel> known_models() {
  static const std::vector<KnownModel> kModels = make_catalogue();
  return kModels;
}

const KnownModel* find_model(std::span<const KnownModel> models, std::string_view id) {
  const auto found =
      std::find_if(models.begin(), models.end(), [&](const KnownModel& model) { return model.id == id; });
  return found != models.end() ? &*found : nullptr;
}

std::string_view quantisation_in(std::string_view id) {
  constexpr std::array<std::string_view, 6> kNames = {"q4_0", "q4_1", "q5_0", "q5_1", "q8_0", "f16"};
  for (const std::string_view name : kNames) {
    if (id.size() > name.size() && id.ends_with(name) && id[id.size() - name.size() - 1] == '-') {
      return id.substr(id.size() - name.size());
    }
  }
  return {};
}

}  // namespace voxlate::models
