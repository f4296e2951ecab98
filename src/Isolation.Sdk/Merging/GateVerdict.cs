namespace Isolation.Sdk.Merging;

/// <summary>A gate's verdict. Only <see cref="Pass"/> lands; the unknown is never green.</summary>
public enum GateVerdict
{
    /// <summary>The gate could not be run: no such command, no space. The default, so that a verdict that was never set
    /// is not green.</summary>
    Infra,

    /// <summary>A part was red.</summary>
    Fail,

    /// <summary>The gate took longer than allowed.</summary>
    Timeout,

    /// <summary>Nothing was tested.</summary>
    Vacuous,

    /// <summary>Every part was green.</summary>
    Pass,
}
