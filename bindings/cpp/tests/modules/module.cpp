// See module.hpp.

#include "module.hpp"

void add_in_module(V2TIMSDKListener *listener) { V2TIMManager::GetInstance()->AddSDKListener(listener); }

void remove_in_module(V2TIMSDKListener *listener) { V2TIMManager::GetInstance()->RemoveSDKListener(listener); }
