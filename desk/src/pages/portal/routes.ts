import { area } from '@/router/area'

const open = { roles: 'public', bare: true } as const

export default area('portal', [
  { path: '/portal', name: 'portal', component: () => import('./Home.vue'), meta: { title: { zh: '网上12345', en: 'Hotline online' }, ...open } },
  { path: '/portal/new', name: 'portal-new', component: () => import('./File.vue'), meta: { title: { zh: '反映诉求', en: 'Tell us' }, ...open } },
  { path: '/portal/follow', name: 'portal-follow', component: () => import('./Follow.vue'), meta: { title: { zh: '查询进度', en: 'Follow' }, ...open } },
  { path: '/portal/answers', name: 'portal-answers', component: () => import('./Answers.vue'), meta: { title: { zh: '办事问答', en: 'Answers' }, ...open } },
  { path: '/portal/privacy', name: 'portal-privacy', component: () => import('./Privacy.vue'), meta: { title: { zh: '隐私说明', en: 'Privacy' }, ...open } },
  { path: '/portal/grade/:token', name: 'portal-grade', component: () => import('./Grade.vue'), meta: { title: { zh: '评价', en: 'Grade' }, ...open } },
])
