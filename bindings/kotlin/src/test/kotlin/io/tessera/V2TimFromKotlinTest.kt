// V2TIM's names from Kotlin, as Kotlin apps write them: `?.` and `.`, properties, and overrides with and without `?`.

package io.tessera

import io.tessera.v2tim.V2TIMCallback
import io.tessera.v2tim.V2TIMLogListener
import io.tessera.v2tim.V2TIMManager
import io.tessera.v2tim.V2TIMSDKConfig
import io.tessera.v2tim.V2TIMSDKListener
import io.tessera.v2tim.V2TIMUserFullInfo
import io.tessera.v2tim.V2TIMUserStatus
import org.junit.jupiter.api.Test
import kotlin.test.assertEquals

class V2TimFromKotlinTest {
    @Test
    fun `existing overrides compile, nullable or not`() {
        val heard = Heard()
        val nullable = object : V2TIMCallback {
            override fun onSuccess() = heard.say("success")

            override fun onError(code: Int, desc: String?) = heard.say("$code")
        }
        val plain = object : V2TIMCallback {
            override fun onSuccess() = heard.say("success")

            override fun onError(code: Int, desc: String) = heard.say("$code")
        }
        val listener = object : V2TIMSDKListener() {
            override fun onConnectFailed(code: Int, error: String?) = heard.say("failed")

            override fun onSelfInfoUpdated(info: V2TIMUserFullInfo?) = Unit

            override fun onUserStatusChanged(userStatusList: MutableList<V2TIMUserStatus>?) = Unit

            override fun onExperimentalNotify(key: String, param: Any) = Unit
        }
        val config = V2TIMSDKConfig().apply {
            logLevel = V2TIMSDKConfig.V2TIM_LOG_INFO
            logListener = object : V2TIMLogListener() {
                override fun onLog(logLevel: Int, logContent: String) = Unit
            }
        }
        assertEquals(V2TIMSDKConfig.V2TIM_LOG_INFO, config.logLevel)
        V2TIMManager.getInstance().addIMSDKListener(listener)
        V2TIMManager.getInstance()?.login("alice", "ticket", nullable)
        assertEquals("6013", heard.next())
        V2TIMManager.getInstance().logout(plain)
        assertEquals("6013", heard.next())
        V2TIMManager.getInstance().removeIMSDKListener(listener)
        assertEquals("", V2TIMManager.getInstance().loginUser)
        assertEquals(V2TIMManager.V2TIM_STATUS_LOGOUT, V2TIMManager.getInstance().loginStatus)
    }
}
