using Isolation.Sdk;

namespace Rig.Terminal;

/// <summary>Faults as one line each, with code and remedy; as JSON when the command was asked for it.</summary>
internal sealed class Errors(TextWriter error, bool json)
{
    public void Write(IReadOnlyList<IsolationFault> faults)
    {
        foreach (IsolationFault fault in faults)
        {
            error.WriteLine(json ? Json.Line(new { error = fault }) : $"rig: {Plain.Line(fault.ToString())}");
        }
    }
}
