using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>
/// A gated recurrent unit (Cho et al. 2014) over sequences (n, steps, inputs), as PyTorch's of one layer: gates r, z, n in this order, r and z by σ, n = tanh(inputs' part + r·hidden part), h ← (1 − z)·n + z·h.
/// </summary>
/// <param name="inputs">Width of the inputs.</param>
/// <param name="hidden">Width of the hidden state.</param>
public sealed class Gru(int inputs, int hidden) : Recurrent(inputs, hidden, gates: 3)
{
    private protected override bool HasCell => false;

    /// <summary>For example <c>Gru(64 → 128)</c>.</summary>
    public override string ToString() => $"Gru({Inputs} → {Width})";

    private protected override (Tensor Hidden, Tensor? Cell) Step(Tensor part, Tensor hidden, Tensor? cell, IntTensor? lengths, int step) =>
        (part.GruCell(hidden.Linear(HiddenWeight.Value, HiddenBias.Value), hidden, lengths, step), null);
}
