/*
 * purser: everything a handler needs. Only includes.
 */
#ifndef PUR_PURSER_H
#define PUR_PURSER_H

#include "action.h"
#include "credential.h"
#include "crud.h"
#include "error.h"
#include "field.h"
#include "history.h"
#include "json.h"
#include "log.h"
#include "main.h"
#include "password.h"
#include "permission.h"
#include "proof.h"
#include "route.h"
#include "row.h"
#include "secret.h"
#include "sql.h"
#include "timefmt.h"
#include "totp.h"

#endif
