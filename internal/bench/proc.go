package bench

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What Linux tells of processes; elsewhere these figures are left out.

func selfPID() int { return os.Getpid() }

// resident is a process's resident memory, in bytes; 0 = unknown. shared is the part that is pages of files, such as a
// database that is mapped into memory: the system takes them away when it needs the room.
func resident(pid int) (all, shared int64) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0, 0
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		name, rest, _ := strings.Cut(line, ":")
		kb, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
		switch name {
		case "VmRSS":
			all = kb * 1024
		case "RssFile":
			shared = kb * 1024
		}
	}
	return all, shared
}

// watchMemory looks at a process's resident memory ten times a second; the function that it returns ends that and tells the highest.
func watchMemory(pid int) func() int64 {
	stop := make(chan struct{})
	var peak int64
	var group sync.WaitGroup
	group.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			all, _ := resident(pid)
			peak = max(peak, all)
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	})
	return func() int64 {
		close(stop)
		group.Wait()
		return peak
	}
}

// cpuOf is the time on the processors of a process, with that of its children that have ended.
func cpuOf(pid int) time.Duration {
	f := stat(pid)
	if len(f) < 15 {
		return 0
	}
	var ticks int64
	for _, s := range f[11:15] { // utime, stime, cutime, cstime
		n, _ := strconv.ParseInt(s, 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / 100) // Linux counts in hundredths towards programs
}

// stat are the fields of a process behind its name: state, parent …
func stat(pid int) []string {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return nil
	}
	return strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
}

// cpuOfTree is cpuOf of a process and of those that it has started and that still run.
func cpuOfTree(pid int) time.Duration {
	sum := cpuOf(pid)
	if sum == 0 {
		return 0
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		child, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if f := stat(child); len(f) > 1 && f[1] == strconv.Itoa(pid) {
			sum += cpuOf(child)
		}
	}
	return sum
}
