#include <string>
#include <string_view>

#include "http/api.h"
#include "http/json.h"
#include "http/routes.h"
#include "voxlate/error.h"

namespace voxlate::http {

Response list_models(Api& api, Request& request) {
  const auto asked = request.query.find("available");
  const std::string_view available = asked == request.query.end() ? "false" : std::string_view(asked->second);
  if (available != "true" && available != "false") {
    throw Error(ErrorCode::kInvalidInput, "available: expected true or false, got \"" + asked->second + "\"");
  }
  if (available == "false") return json_response(200, model_list_json(api.services.models.list(), ""));
  const ModelOffer offer = api.services.models.list_offered(api.draining.get_token());
  return json_response(200, model_list_json(offer.models, offer.problem));
}

Response show_model(Api& api, Request& request) {
  const std::string& id = request.captures.at("id");
  return json_response(200, model_json(api.services.models.look_up(id, api.draining.get_token())));
}

Response download_model(Api& api, Request& request) {
  request.phase = RequestPhase::kChangingModel;
  return json_response(202, model_json(api.services.models.start_download(request.captures.at("id"))));
}

Response unload_model(Api& api, Request& request) {
  request.phase = RequestPhase::kChangingModel;
  return json_response(200, model_json(api.services.models.unload(request.captures.at("id"))));
}

Response delete_model(Api& api, Request& request) {
  request.phase = RequestPhase::kChangingModel;
  api.services.models.remove(request.captures.at("id"));
  Response response;
  response.status = 204;
  return response;
}

}  // namespace voxlate::http
