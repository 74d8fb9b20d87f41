using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>The next of five tokens: an embedding, residual blocks in one inner chain, and a head that shares the embedding's weight.</summary>
internal sealed class TiedLanguageModel : Module<IntTensor>
{
    private const int Tokens = 5, Width = 4;

    private readonly Embedding embed;
    private readonly Sequential blocks;
    private readonly Linear head;

    public TiedLanguageModel(Device device, bool bias = true)
    {
        embed = Register(nameof(embed), new Embedding(Tokens, Width, Initializers.Normal(0.3f)));
        blocks = Register(nameof(blocks), new Sequential(("b0", Block()), ("b1", Block()), ("b2", Block())));
        head = Register(nameof(head), new Linear(embed.Weight, bias));
        Initialize(device, 1);
    }

    public override Tensor Forward(IntTensor input) => head.Forward(blocks.Forward(embed.Forward(input)));

    /// <summary>Output for every token, as a trace wants it.</summary>
    public Tensor Forward(Device device) => Forward(IntTensor.From(device, [0, 1, 2, 3, 4]));

    public void Backward(Device device)
    {
        using var scope = new Scope();
        Forward(device).CrossEntropy(IntTensor.From(device, [1, 2, 3, 4, 0])).Backward();
    }

    private static Residual Block() => new(new Sequential(("fc", new Linear(Width, Width, activation: Activation.Tanh)), ("out", new Linear(Width, Width))));
}
