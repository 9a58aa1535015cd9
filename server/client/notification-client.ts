import type { Page, PageRequest } from '../../store/metadata/metadata-store.ts';
import type { Delivery, Notification } from '../../store/metadata/notification-table.ts';
import type {
  CreatedNotification,
  CreateNotification,
  NotificationList,
  TestedNotification,
} from '../schemas/notification.ts';
import type { Transport } from './transport.ts';

/** Who is told what. */
export interface NotificationClient {
  /** With what it names and there is not. */
  createNotification(body: CreateNotification): Promise<CreatedNotification>;
  notifications(): Promise<NotificationList>;
  notification(name: string): Promise<Notification>;
  deleteNotification(name: string): Promise<Notification>;
  /** What was told, newest first; of a deleted one too. */
  deliveries(name: string, page?: PageRequest): Promise<Page<Delivery>>;
  /** Answered when it was taken or refused. */
  testNotification(name: string): Promise<TestedNotification>;
}

export function notificationClient({ get, post, write }: Transport): NotificationClient {
  const id = encodeURIComponent;
  return {
    createNotification: (body) => post('notifications', body),
    notifications: () => get('notifications'),
    notification: (name) => get(`notifications/${id(name)}`),
    deleteNotification: (name) => write('DELETE', `notifications/${id(name)}`, {}),
    deliveries: (name, page = {}) => get(`notifications/${id(name)}/deliveries`, { ...page }),
    testNotification: (name) => post(`notifications/${id(name)}/test`, {}),
  };
}
