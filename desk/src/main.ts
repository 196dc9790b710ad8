import '@/style/tokens.css'
import '@/style/base.css'
import 'element-plus/theme-chalk/base.css'
import '@/style/element.css'
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import App from '@/App.vue'
import { i18n } from '@/i18n'
import { router } from '@/router'

createApp(App).use(createPinia()).use(i18n).use(router).mount('#app')
