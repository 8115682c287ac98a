// Package groupbuy is 拼团: a price for those who buy together. Somebody opens a
// team by paying, others join by paying, and it fills when all seats are paid or
// lapses when its time is over, with all money back.
package groupbuy
