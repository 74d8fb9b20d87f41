using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

/// <summary>A batch of theirs: token ids (n, places) with the text each is of and lengths, or images; and labels (n), or as many as there are outputs.</summary>
internal sealed record TransformerBatch(Tensor Inputs, Tensor? Kinds, Tensor? Lengths, Tensor Labels) : IDisposable
{
    public void Dispose()
    {
        foreach (Tensor? one in (Tensor?[])[Inputs, Kinds, Lengths, Labels]) one?.Dispose();
    }
}
