using Isolation.Sdk.Sandbox;

namespace Isolation.Sdk.Leaks;

/// <summary>How the workers of a probe are kept apart.</summary>
/// <param name="Level">The level.</param>
/// <param name="Disabled">What of it is left out, by the tests that show what each is for.</param>
internal sealed record LeakSetup(SandboxLevel Level, LeakMechanisms Disabled = LeakMechanisms.None)
{
    /// <summary>Composes it differently, given what says which environment the host has: for the tests, which see more
    /// than this package does.</summary>
    public Action<IsolationPipelineBuilder, Action<ProcessSandboxOptions>>? Compose { get; init; }

    /// <summary>Changes the workers' directory when both workers are there.</summary>
    public Action<string>? BeforeProbe { get; init; }

    public bool IsDisabled(LeakMechanisms mechanism) => Disabled.HasFlag(mechanism);
}

/// <summary>What a level is made of. The first ones are parts of the kernel's confinement.</summary>
[Flags]
internal enum LeakMechanisms
{
    None = 0,
    Landlock = 1,
    Seccomp = 2,
    Capabilities = 4,
    Namespaces = 8,

    /// <summary>Repositories of the workers' own; without them there are linked worktrees.</summary>
    Clones = 16,

    /// <summary>An environment from nothing; without it the host's lies over it.</summary>
    Environment = 32,

    /// <summary>A session, default signals and closed descriptors; without it the host starts commands as any program
    /// does.</summary>
    Start = 64,

    /// <summary>Files in the workers' folder that end a search; without them tools look further up.</summary>
    Barriers = 128,

    /// <summary>A flow of its own for a worker that is code of this process; without it that runs in the
    /// host's.</summary>
    Flow = 256,
}
