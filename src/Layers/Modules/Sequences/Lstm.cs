using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// A long short-term memory (Hochreiter and Schmidhuber 1997; with forget gates, Gers et al. 2000) over sequences (n, steps, inputs), as PyTorch's of one layer: gates i, f, g, o in this order,
/// c ← σ(f)·c + σ(i)·tanh g, h ← σ(o)·tanh c.
/// </summary>
/// <param name="inputs">Width of the inputs.</param>
/// <param name="hidden">Width of the hidden state.</param>
public sealed class Lstm(int inputs, int hidden) : Recurrent(inputs, hidden, gates: 4)
{
    private protected override bool HasCell => true;

    /// <summary>For example <c>Lstm(64 → 128)</c>.</summary>
    public override string ToString() => $"Lstm({Inputs} → {Width})";

    private protected override (Tensor Hidden, Tensor? Cell) Step(Tensor part, Tensor hidden, Tensor? cell, IntTensor? lengths, int step)
    {
        Tensor next = part.LstmCell(hidden.Linear(HiddenWeight.Value, HiddenBias.Value), cell!, lengths is null ? null : hidden, lengths, step);
        return (next.Slice(0, 0, 1).Reshape(hidden.Shape), next.Slice(0, 1, 2).Reshape(hidden.Shape));
    }
}
