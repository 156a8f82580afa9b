/* Starts and ends the SDK, without a gateway. */

#include <stdio.h>

#include <tessera/tim.h>

int main(void) {
    int ok = tessera_abi_version() == TESSERA_ABI_VERSION &&
             TIMInit(1400000001, "{\"sdk_config_server_url\": \"wss://chat.example.com\","
                                 " \"sdk_config_connect_at_init\": false}") == TIM_SUCC &&
             TIMGetLoginStatus() == kTIMLoginStatus_UnLogined && TIMUninit() == TIM_SUCC;
    printf("%d passed, %d failed, 0 skipped\n", ok, !ok);
    return !ok;
}
