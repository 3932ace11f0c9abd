package agent

import "plimsoll"

// SaltLen is the length of a salt in bytes: 128 random bits as hexadecimal digits,
// ASCII without anything that JSON escapes.
const SaltLen = 32

// Salt is the text of a dynamic prefix.
type Salt [SaltLen]byte

// LevelSalt returns the text at the very start of a level's prompts. It is new for
// every (seed, N, replicate, attempt), so that nothing an engine cached in an earlier
// level fits this one.
func LevelSalt(seed uint64, s plimsoll.Stage) Salt {
	return salt(func(half uint64) uint64 {
		return Draw(seed, "level salt", uint64(s.Agents), uint64(s.Replicate), uint64(s.Attempt), warm(s), half)
	})
}

// warm keeps a warm-up level's salt apart from that of the level it is like.
func warm(s plimsoll.Stage) uint64 {
	if s.Warmup {
		return 1
	}
	return 0
}

// WalkSalt returns the text right after the scaffold of a walk's prompts: new for
// every walk, so that two walks share the scaffold and nothing else.
func WalkSalt(level Salt, slot, walk int) Salt {
	seed := hashText(string(level[:]))
	return salt(func(half uint64) uint64 {
		return Draw(seed, "walk salt", uint64(slot), uint64(walk), half)
	})
}

// salt writes two draws as digits.
func salt(draw func(half uint64) uint64) (s Salt) {
	const digits = "0123456789abcdef"
	for half := range 2 {
		bits := draw(uint64(half))
		for i := range SaltLen / 2 {
			s[half*SaltLen/2+i] = digits[bits>>(4*i)&15]
		}
	}
	return s
}
