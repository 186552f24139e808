#include "http/json.h"
#include "http/routes.h"

namespace voxlate::http {

Response list_models(Api& api, Request&) { return json_response(200, model_list_json(api.services.models.list())); }

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
