using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Leaks;

/// <summary>How the workers of a probe are kept apart.</summary>
/// <param name="Level">The level.</param>
/// <param name="Disabled">What of it is left out, by the tests that show what each is for.</param>
internal sealed record LeakSetup(SandboxLevel Level, LeakMechanisms Disabled = LeakMechanisms.None)
{
    /// <summary>Which parts of the kernel's confinement.</summary>
    public ConfinementParts Parts => ConfinementParts.All & ~(ConfinementParts)(int)Disabled;

    public bool IsDisabled(LeakMechanisms seal) => Disabled.HasFlag(seal);
}

/// <summary>What a level is made of. The first ones are the parts of <see cref="ConfinementParts"/>.</summary>
[Flags]
internal enum LeakMechanisms
{
    None = 0,
    Landlock = ConfinementParts.Landlock,
    Seccomp = ConfinementParts.Seccomp,
    Capabilities = ConfinementParts.Capabilities,
    Namespaces = ConfinementParts.Namespaces,

    /// <summary>Repositories of the workers' own; without them there are linked worktrees.</summary>
    Clones = 16,

    /// <summary>An environment from nothing; without it the host's lies over it.</summary>
    Environment = 32,

    /// <summary>A session, default signals and closed descriptors; without it the host starts commands as any program does.</summary>
    Start = 64,

    /// <summary>Files in the workers' folder that end a search; without them tools look further up.</summary>
    Barriers = 128,

    /// <summary>A flow of its own for a worker that is code of this process; without it that runs in the host's.</summary>
    Flow = 256,
}
