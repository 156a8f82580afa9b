/* The library that `app.c` is linked with: it has the names and does nothing. */

#include <stddef.h>
#include <stdint.h>

#define NAME(result, name, value) result name(void) { return value; }

NAME(int, TIMInit, -1)
NAME(int, TIMUninit, -1)
NAME(const char *, TIMGetSDKVersion, "another library")
NAME(uint64_t, TIMGetServerTime, 0)
NAME(int, TIMSetConfig, -1)
NAME(int, TIMLogin, -1)
NAME(int, TIMLogout, -1)
NAME(int, TIMGetLoginStatus, 0)
NAME(int, TIMGetLoginUserID, -1)
NAME(int, callExperimentalAPI, -1)
NAME(void *, TIMSetNetworkStatusListenerCallback, NULL)
NAME(void *, TIMSetKickedOfflineCallback, NULL)
NAME(void *, TIMSetUserSigExpiredCallback, NULL)
NAME(void *, TIMSetLogCallback, NULL)
#define SETTER(name) NAME(void *, name, NULL)
#include "setters.h"
