namespace Isolation.Sdk;

/// <summary>How far a host has come on its way from shared state; the checklist asks for what is claimed.</summary>
public enum IsolationPhase
{
    /// <summary>Each worker has a work tree of its own.</summary>
    FileSystems,

    /// <summary>And a fresh context.</summary>
    Contexts,

    /// <summary>And its own environment, temp, config, ports and processes.</summary>
    State,
}
