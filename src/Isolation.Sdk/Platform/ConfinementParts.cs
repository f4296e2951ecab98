namespace Isolation.Sdk.Platform;

/// <summary>The parts a confinement is made of. All of them, always: only the tests that show what each is for leave one out.</summary>
[Flags]
internal enum ConfinementParts
{
    None = 0,
    Landlock = 1,
    Seccomp = 2,
    Capabilities = 4,
    Namespaces = 8,
    All = Landlock | Seccomp | Capabilities | Namespaces,
}
