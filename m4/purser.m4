dnl Macros of configure.ac: libraries, and the compiler's flags, each with its reason.

dnl PUR_LIBRARY(VARIABLE, MODULE, PACKAGE)
dnl Finds a library by pkg-config; when it is missing, remembers the Debian package to install.
AC_DEFUN([PUR_LIBRARY], [
  PKG_CHECK_MODULES([$1], [$2], [], [
    AC_MSG_RESULT([no])
    AC_MSG_WARN([$3 is missing: apt-get install $3])
    AS_VAR_APPEND([pur_missing], [" $3"])
  ])
])

dnl PUR_TRY(FLAGS, LINKER FLAGS, IF TAKEN, IF NOT)
dnl Whether compiler and linker take the flags without a word.
AC_DEFUN([PUR_TRY], [
  AC_MSG_CHECKING([whether $CC takes $1 $2])
  pur_save_CFLAGS=$CFLAGS
  pur_save_LDFLAGS=$LDFLAGS
  CFLAGS="$CFLAGS $PUR_CFLAGS -Werror $1"
  LDFLAGS="$LDFLAGS $PUR_LDFLAGS $2"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]], [[puts("")]])],
    [pur_taken=yes], [pur_taken=no])
  CFLAGS=$pur_save_CFLAGS
  LDFLAGS=$pur_save_LDFLAGS
  AC_MSG_RESULT([$pur_taken])
  AS_IF([test $pur_taken = yes], [$3], [$4])
])

dnl PUR_CFLAG(FLAG, [IF NOT TAKEN]), PUR_LDFLAG(FLAG)
dnl Uses a flag where the compiler, or the linker, takes it.
AC_DEFUN([PUR_CFLAG], [PUR_TRY([$1], [], [AS_VAR_APPEND([PUR_CFLAGS], [" $1"])], [$2])])
AC_DEFUN([PUR_LDFLAG], [PUR_TRY([], [$1], [AS_VAR_APPEND([PUR_LDFLAGS], [" $1"])])])

AC_DEFUN([PUR_WARNINGS], [
  PUR_CFLAG([-std=gnu11])
  PUR_CFLAG([-Wall])
  PUR_CFLAG([-Wextra])
  # What C itself no longer allows.
  PUR_CFLAG([-Werror=implicit-function-declaration -Werror=int-conversion])
  PUR_CFLAG([-Werror=incompatible-pointer-types -Werror=return-type])
  # A name that hides another is read as the other.
  PUR_CFLAG([-Wshadow])
  # Every function is either static or declared in a header; () is not a prototype.
  PUR_CFLAG([-Wstrict-prototypes])
  PUR_CFLAG([-Wmissing-prototypes])
  PUR_CFLAG([-Wold-style-definition])
  PUR_CFLAG([-Wmissing-variable-declarations])
  # String literals are const.
  PUR_CFLAG([-Wwrite-strings])
  # A format string is a literal, and fits its arguments.
  PUR_CFLAG([-Wformat=2])
  PUR_CFLAG([-Wformat-signedness])
  # A misspelt macro is not 0.
  PUR_CFLAG([-Wundef])
  # The stack never depends on input.
  PUR_CFLAG([-Wvla])
  PUR_CFLAG([-Walloca])
  # void pointers are not counted in bytes.
  PUR_CFLAG([-Wpointer-arith])
  PUR_CFLAG([-Wcast-qual])
  # A case that falls through says so.
  PUR_CFLAG([-Wimplicit-fallthrough])
  # Copy and paste that changed nothing.
  PUR_CFLAG([-Wduplicated-cond])
  PUR_CFLAG([-Wduplicated-branches])
  # Tables name their members; those left out are zero, as C says.
  PUR_CFLAG([-Wno-missing-field-initializers])
])

AC_DEFUN([PUR_HARDENING], [
  # Copies into objects whose size is known, at run time too (3), are checked. Needs optimisation,
  # and stands aside for the sanitizers, which check the same better.
  AS_IF([test "x$enable_sanitizers" != xyes], [
    PUR_CFLAG([-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3],
      [PUR_CFLAG([-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2])])])
  # A return address that was overwritten ends the program instead of being used.
  PUR_CFLAG([-fstack-protector-strong])
  # A large stack frame cannot jump over the guard page.
  PUR_CFLAG([-fstack-clash-protection])
  # Indirect jumps land only where the compiler meant them to: CET on x86, BTI and PAC on ARM.
  PUR_CFLAG([-fcf-protection=full])
  PUR_CFLAG([-mbranch-protection=standard])
  # A forgotten initialisation reads zero, never another request's memory.
  PUR_CFLAG([-ftrivial-auto-var-init=zero])
  # Overflow and null checks that a person wrote are not optimised away.
  PUR_CFLAG([-fno-delete-null-pointer-checks])
  PUR_CFLAG([-fno-strict-overflow])
  # The program's addresses are random, too.
  PUR_TRY([-fPIE], [-pie], [
    AS_VAR_APPEND([PUR_CFLAGS], [" -fPIE"])
    AS_VAR_APPEND([PUR_LDFLAGS], [" -pie"])])
  # The table of library functions is filled at start and then read-only.
  PUR_LDFLAG([-Wl,-z,relro])
  PUR_LDFLAG([-Wl,-z,now])
  # No stack is executable; code and data never share a page.
  PUR_LDFLAG([-Wl,-z,noexecstack])
  PUR_LDFLAG([-Wl,-z,separate-code])
  # Libraries that a program does not use are not loaded.
  PUR_LDFLAG([-Wl,--as-needed])
])

AC_DEFUN([PUR_SANITIZERS], [
  AS_IF([test "x$enable_sanitizers" = xyes], [
    PUR_TRY([-fsanitize=address,undefined -fno-sanitize-recover=all], [], [
      AS_VAR_APPEND([PUR_CFLAGS],
        [" -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"])
      AS_VAR_APPEND([PUR_LDFLAGS], [" -fsanitize=address,undefined"])
    ], [AC_MSG_ERROR([$CC lacks the sanitizers: apt-get install libasan8 libubsan1 (gcc) or libclang-rt-14-dev (clang)])])
  ])
])

AC_DEFUN([PUR_COVERAGE], [
  AS_IF([test "x$enable_coverage" = xyes], [
    PUR_TRY([--coverage], [--coverage], [
      AS_VAR_APPEND([PUR_CFLAGS], [" --coverage -fprofile-update=atomic"])
      AS_VAR_APPEND([PUR_LDFLAGS], [" --coverage"])
    ], [AC_MSG_ERROR([$CC cannot build for gcov])])
  ])
])
