namespace Rig.Terminal;

/// <summary>How rig ends; documented in README.md.</summary>
internal static class ExitCodes
{
    /// <summary>All went as asked.</summary>
    public const int Ok = 0;

    /// <summary>Some item did not land.</summary>
    public const int NotLanded = 1;

    /// <summary>Something leaks that should not, or the machine does not give the level asked for.</summary>
    public const int NotHeld = 1;

    /// <summary>The command line, the items or the repository are not fit.</summary>
    public const int Usage = 2;

    /// <summary>Ended by Ctrl-C or a signal, in an orderly way.</summary>
    public const int Interrupted = 130;
}
