import { CircleClose, EditPen, QuestionFilled, Reading } from '@element-plus/icons-vue'
import { area } from '@/router/area'

const also = ['tickets'] as const

export default area('knowledge', [
  {
    path: '/knowledge',
    name: 'knowledge',
    component: () => import('./Search.vue'),
    meta: { title: { zh: '知识库', en: 'Knowledge' }, roles: 'anybody', nav: { icon: Reading, order: 50 }, also },
  },
  {
    path: '/knowledge/write',
    name: 'knowledge-new',
    component: () => import('./Write.vue'),
    meta: { title: { zh: '新增知识点', en: 'New article' }, roles: ['unit', 'office'], also },
  },
  {
    path: '/knowledge/articles/:id',
    name: 'article',
    component: () => import('./Article.vue'),
    meta: { title: { zh: '知识点', en: 'Article' }, roles: 'anybody', also },
  },
  {
    path: '/knowledge/articles/:id/write',
    name: 'article-write',
    component: () => import('./Write.vue'),
    meta: { title: { zh: '修订知识点', en: 'Edit article' }, roles: ['unit', 'office'], also },
  },
  {
    path: '/knowledge/versions',
    name: 'knowledge-versions',
    component: () => import('./Versions.vue'),
    meta: { title: { zh: '知识维护', en: 'Keeping knowledge' }, roles: ['unit', 'office', 'supervisor', 'auditor', 'admin'], nav: { icon: EditPen, order: 51 }, also },
  },
  {
    path: '/knowledge/gaps',
    name: 'knowledge-gaps',
    component: () => import('./Gaps.vue'),
    meta: { title: { zh: '知识缺漏', en: 'Gaps' }, roles: ['agent', 'supervisor', 'office', 'unit', 'auditor', 'admin'], nav: { icon: QuestionFilled, order: 52 }, also },
  },
  {
    path: '/knowledge/findings',
    name: 'knowledge-findings',
    component: () => import('./Findings.vue'),
    meta: { title: { zh: '误导认定', en: 'Findings' }, roles: ['office', 'supervisor', 'auditor', 'unit'], nav: { icon: CircleClose, order: 53 }, also },
  },
])
