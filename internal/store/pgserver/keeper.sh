# Runs one shared PostgreSQL server and ends it when nobody has used it for a while.
# doc.go tells the agreement with the processes that use it. POSIX shell, no other tools.
#
#   keeper DIR IDLE-SECONDS POSTGRES ARGUMENT...
dir=$1 limit=$2
shift 2
"$@" >>"$dir/log" 2>&1 &
server=$!
trap 'kill -INT "$server" 2>/dev/null' INT TERM HUP

# A process of another user cannot be signalled, but it shows in /proc.
alive() { kill -0 "$1" 2>/dev/null || [ -d "/proc/$1" ]; }

idle=0
while kill -0 "$server" 2>/dev/null; do
	sleep 2
	used=
	for user in "$dir"/users/*; do
		[ -e "$user" ] || continue
		if alive "${user##*/}"; then used=yes; else rm -f "$user"; fi
	done
	if [ -n "$used" ]; then
		idle=0
		continue
	fi
	idle=$((idle + 2))
	[ "$idle" -ge "$limit" ] || continue
	current=
	[ -e "$dir/../current" ] && read -r current <"$dir/../current"
	if [ "$current" = "${dir##*/}" ]; then
		rm -f "$dir/../current" # nobody new comes from here on; look once more who came before
		continue
	fi
	kill -INT "$server" 2>/dev/null
	break
done
wait "$server"
cd / && rm -rf "$dir"
