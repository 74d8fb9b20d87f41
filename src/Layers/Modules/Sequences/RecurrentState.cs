using ResearchFreeze.Autograd;

namespace ResearchFreeze.Layers;

/// <summary>What a recurrent layer gives.</summary>
/// <param name="Outputs">The hidden state after each step (n, steps, hidden); 0 behind a sequence's end.</param>
/// <param name="Hidden">The hidden state after each sequence's last step (n, hidden).</param>
/// <param name="Cell">An LSTM's cell after it (n, hidden); null for a layer without one.</param>
public sealed record RecurrentState(Tensor Outputs, Tensor Hidden, Tensor? Cell = null);
