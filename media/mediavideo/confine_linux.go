package mediavideo

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What a program may use.
const (
	addressLimit = 8 << 30 // of address space, of which much is libraries and stacks
	dataLimit    = 3 << 30 // of writable memory
	fileSize     = 2 << 30 // of one file
	fileLimit    = 64      // open files
	patience     = 10      // how much others come before it, up to 19
)

// Main takes from this process what looking at a video does not need, and then
// becomes the program it is told to be. Its arguments are the seconds of
// processor time, whether files may be written, the program and its arguments.
// It returns only if that fails: with an exit status.
func Main(args []string) int {
	err := confined(args)
	_, _ = fmt.Fprintln(os.Stderr, err)
	return 1
}

func confined(args []string) error {
	if len(args) < 3 {
		return fmt.Errorf("%s: too few arguments", Command)
	}
	cpu, err := strconv.ParseUint(args[0], 10, 32)
	if err != nil {
		return fmt.Errorf("%s: %w", Command, err)
	}
	writes, program := args[1] == "true", args[2]
	// What follows is of a thread, and passed on by the one that becomes the program.
	runtime.LockOSThread()
	// It was asked to end with its parent, but that is of the first thread alone.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("%s: %w", Command, err)
	}
	if err := fence(program, writes); err != nil {
		return fmt.Errorf("%s: %w", Command, err)
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, patience); err != nil { // the shop goes first
		return fmt.Errorf("%s: priority: %w", Command, err)
	}
	size := uint64(fileSize)
	if !writes {
		size = 0
	}
	for what, most := range map[int]syscall.Rlimit{
		syscall.RLIMIT_CPU:    {Cur: cpu, Max: cpu + 5}, // a signal first, which says why
		syscall.RLIMIT_FSIZE:  {Cur: size, Max: size},
		syscall.RLIMIT_CORE:   {},
		syscall.RLIMIT_NOFILE: {Cur: fileLimit, Max: fileLimit},
		syscall.RLIMIT_DATA:   {Cur: dataLimit, Max: dataLimit},
		syscall.RLIMIT_AS:     {Cur: addressLimit, Max: addressLimit},
	} {
		// With prlimit, because the address space that this process itself has
		// reserved may be more than the program may have.
		if err := unix.Prlimit(0, what, &unix.Rlimit{Cur: most.Cur, Max: most.Max}, nil); err != nil {
			return fmt.Errorf("%s: limit %d: %w", Command, what, err)
		}
	}
	return fmt.Errorf("%s: %w", Command, syscall.Exec(program, args[2:], []string{}))
}

// alone puts a process into a network, and into shared memory, of its own with
// nothing in it. That takes a user namespace, which some machines forbid.
func alone() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET | syscall.CLONE_NEWIPC,
		Pdeathsig:  syscall.SIGKILL,
	}
}

func together() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// Where programs and their libraries are. What they read in there is public.
var libraries = []string{"/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/ld.so.preload", "/nix/store", "/dev/null", "/dev/urandom", "/sys/devices/system/cpu"}

// What Landlock tells apart: the first version of it, which knows 13 verbs, and
// the ones that came later.
const (
	fenceRead = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	fenceMake = fenceRead | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_MAKE_REG
	fenceAll  = 1<<13 - 1
	fenceNet  = 4 // the version since which it knows of networks
)

// fence lets this thread open nothing from here on but the working folder,
// libraries and the program, and no connection. A kernel without Landlock lets it open what its
// user may.
func fence(program string, writes bool) error {
	version, _, e := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if e == unix.ENOSYS || e == unix.EOPNOTSUPP || e == unix.EPERM { // not there, or not for a container
		return nil
	}
	attr := unix.LandlockRulesetAttr{Handled_access_fs: fenceAll}
	size := unsafe.Sizeof(attr.Handled_access_fs)
	if version >= fenceNet {
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
		size += unsafe.Sizeof(attr.Handled_access_net)
	}
	fd, _, e := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), size, 0)
	if e != 0 {
		return fmt.Errorf("landlock: %w", e)
	}
	rules := int(fd)
	defer unix.Close(rules)
	here := uint64(fenceRead &^ unix.LANDLOCK_ACCESS_FS_EXECUTE)
	if writes {
		here = fenceMake &^ unix.LANDLOCK_ACCESS_FS_EXECUTE
	}
	if wd, err := os.Getwd(); err == nil && wd != "/" {
		if err := allow(rules, wd, here); err != nil {
			return err
		}
	}
	real, err := filepath.EvalSymlinks(program)
	if err != nil {
		return err
	}
	for _, path := range append([]string{filepath.Dir(real)}, libraries...) {
		if err := allow(rules, path, fenceRead); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	if _, _, e := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(rules), 0, 0); e != 0 {
		return fmt.Errorf("landlock: %w", e)
	}
	return nil
}

// allow adds what may be done below path, if that exists.
func allow(rules int, path string, access uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil //nolint:nilerr // nothing is there to be allowed
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR { // of a file only what files have
		access &= unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(fd)}
	if _, _, e := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0); e != 0 {
		return fmt.Errorf("landlock: %s: %w", path, e)
	}
	return nil
}
