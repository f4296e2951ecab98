using System.Runtime.InteropServices;

namespace Isolation.Sdk.Platform;

// struct sock_filter
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal record struct SeccompInstruction(ushort Code, byte IfTrue, byte IfFalse, uint Value);

// With labels instead of counted jumps: a label stands for what follows it.
internal sealed class SeccompProgram
{
    private const ushort Load = 0x20,
        And = 0x54,
        Equal = 0x15,
        AtLeast = 0x35,
        AnyBit = 0x45,
        Return = 0x06;
    private readonly List<(SeccompInstruction Instruction, string? True, string? False)> _lines = [];
    private readonly Dictionary<string, int> _labels = [];

    public SeccompProgram Argument(int index) => LoadAt((uint)(16 + (8 * index)));

    public SeccompProgram ArgumentHigh(int index) => LoadAt((uint)(20 + (8 * index)));

    public SeccompProgram LoadAt(uint offset) => Add(Load, offset);

    public SeccompProgram Mask(uint mask) => Add(And, mask);

    public SeccompProgram IfEqual(uint value, string? then, string? otherwise = null) =>
        Add(Equal, value, then, otherwise);

    public SeccompProgram IfAtLeast(uint value, string? then, string? otherwise = null) =>
        Add(AtLeast, value, then, otherwise);

    public SeccompProgram IfAny(uint bits, string? then, string? otherwise = null) =>
        Add(AnyBit, bits, then, otherwise);

    public SeccompProgram Answer(uint answer) => Add(Return, answer);

    public SeccompProgram Label(string name)
    {
        _labels[name] = _lines.Count;
        return this;
    }

    // Jumps so far go to where these labels are now, and the names are free again.
    public SeccompProgram Close(params string[] names)
    {
        Resolve();
        Array.ForEach(names, name => _labels.Remove(name));
        return this;
    }

    public SeccompInstruction[] Build()
    {
        Resolve();
        return [.. _lines.Select(line => line.Instruction)];
    }

    private void Resolve()
    {
        for (int at = 0; at < _lines.Count; at++)
        {
            (SeccompInstruction instruction, string? then, string? otherwise) = _lines[at];
            _lines[at] = (
                instruction with
                {
                    IfTrue = Distance(at, then) ?? instruction.IfTrue,
                    IfFalse = Distance(at, otherwise) ?? instruction.IfFalse,
                },
                null,
                null
            );
        }
    }

    private byte? Distance(int from, string? to) => to is null ? null : checked((byte)(_labels[to] - from - 1));

    private SeccompProgram Add(ushort code, uint value, string? then = null, string? otherwise = null)
    {
        _lines.Add((new SeccompInstruction(code, 0, 0, value), then, otherwise));
        return this;
    }
}
