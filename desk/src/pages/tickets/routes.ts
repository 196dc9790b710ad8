import { Tickets } from '@element-plus/icons-vue'
import { area } from '@/router/area'

const READERS = ['agent', 'supervisor', 'office', 'auditor', 'admin', 'unit'] as const

export default area('tickets', [
  {
    path: '/tickets',
    name: 'tickets',
    component: () => import('./TicketList.vue'),
    meta: { title: { zh: '工单', en: 'Tickets' }, roles: READERS, nav: { icon: Tickets, order: 20 } },
  },
  {
    path: '/tickets/:id',
    name: 'ticket',
    component: () => import('./TicketPage.vue'),
    meta: { title: { zh: '工单', en: 'Ticket' }, roles: READERS },
  },
])
