-- Orders whose next step is a person's. Whoever is not waited for never enters it: an order that goes straight through.
CREATE INDEX orders_waiting ON orders (cell, next_step, due_at, id) INCLUDE (owner, placed_at, channel)
 WHERE next_step IN ('answer_cancel_request', 'answer_dispute', 'ask_provider', 'authorize_by_hand', 'capture_by_hand',
                     'collect_payment', 'decide_lost_parcel', 'extend_by_hand', 'pay_installment', 'refund_again',
                     'refund_by_hand', 'resolve_decline', 'supply', 'void_by_hand');

-- The work of locations counted, and how long the oldest waits, without looking at it.
CREATE INDEX fulfillment_orders_open_since ON fulfillment_orders (cell, location, due_at) INCLUDE (opened_at, order_id)
 WHERE execution IN ('open', 'in_progress');
DROP INDEX fulfillment_orders_open;
ALTER INDEX fulfillment_orders_open_since RENAME TO fulfillment_orders_open;

-- Items of returns that wait for somebody, the one that has waited longest first.
CREATE INDEX return_items_waiting ON return_items (cell, moved_at, order_id, number, item)
 WHERE custody IN ('requested', 'received', 'graded') OR custody = 'disposed' AND money = 'not_due';
