using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Training;

/// <summary>The mean of a sample's embeddings, and two linear layers.</summary>
internal sealed class BagOfTokens : Module<Batch>
{
    private readonly Embedding embedding;
    private readonly Linear first, head;

    public BagOfTokens(int vocabulary, int outputs)
    {
        embedding = Register("embedding", new Embedding(vocabulary, 16));
        first = Register("first", new Linear(16, 12, activation: Activation.Relu));
        head = Register("head", new Linear(12, outputs));
    }

    public override Tensor Forward(Batch input)
    {
        ArgumentNullException.ThrowIfNull(input);
        int[] lengths = input.Lengths!.ToArray();
        int width = input.Tokens!.Shape[1];
        // 1 / length where there is a token, 0 at padding.
        float[] share = [.. lengths.SelectMany(length => Enumerable.Range(0, width).Select(place => place < length ? 1f / length : 0))];
        Tensor mean = (embedding.Forward(input.Tokens) * Tensor.From(input.Tokens.Device, share, [lengths.Length, width, 1])).Sum([1]);
        return head.Forward(first.Forward(mean));
    }
}
