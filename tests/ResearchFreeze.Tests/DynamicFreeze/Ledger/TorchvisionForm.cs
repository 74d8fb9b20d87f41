using ResearchFreeze.Autograd;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.DynamicFreeze;

/// <summary>What a step of torchvision's ResNet costs and keeps, in closed form. A frozen norm keeps no moments, and its input gradient no activation.</summary>
internal sealed record TorchvisionForm(int Height, int Width, int Channels, ResNetDesign Design) : NetworkCostTests.IForm
{
    private readonly record struct Block(long PixelsBefore, long Pixels, int Inputs, int Inner, int Outputs)
    {
        public bool IsChanged => Inputs != Outputs || Pixels != PixelsBefore;
    }

    public int Units => Design.Blocks.Sum() + 2;

    public long Flops(int batch, int classes, bool[] frozen, int unit, CostKind kind)
    {
        bool trains = !frozen[unit], before = NetworkCostTests.Any(frozen, unit);
        if (unit == 0) return NetworkCostTests.Flops(2L * batch * Pixels(1) * Design.Width * 49 * Channels, trains, false, kind);
        if (unit == Units - 1) return NetworkCostTests.Flops(2L * batch * Design.Features * classes, trains, before, kind);
        Block b = At(unit);
        long around = b.IsChanged ? b.Pixels * b.Outputs * b.Inputs : 0;
        (long first, long rest) = Design.IsBottleneck
            ? (b.PixelsBefore * b.Inner * b.Inputs, b.Pixels * b.Inner * ((9L * b.Inner) + b.Outputs))
            : (b.Pixels * b.Inner * 9 * b.Inputs, b.Pixels * b.Inner * 9 * b.Inner);
        // Within a block the later convolutions come after the first one's weights.
        return NetworkCostTests.Flops(2 * batch * (first + around), trains, before, kind) + NetworkCostTests.Flops(2 * batch * rest, trains, before || trains, kind);
    }

    public (long Reals, long Integers) Saved(int batch, int classes, bool[] frozen)
    {
        (long reals, long integers) = NetworkCostTests.OfTheLoss(batch, classes);
        long stem = batch * Pixels(1) * Design.Width;
        if (!frozen[0])
        {
            // The images and the convolution's output for the weights and γ, the batch's moments, the result for its ReLU; where the pool found its maxima.
            reals += ((long)batch * Height * Width * Channels) + (2 * stem) + (2 * Design.Width);
            integers += batch * Pixels(2) * Design.Width;
        }
        for (int unit = 1; unit < Units - 1; unit++)
        {
            Block b = At(unit);
            bool trains = !frozen[unit], before = NetworkCostTests.Any(frozen, unit);
            // Otherwise the ReLU that made it has kept it; behind the stem is the pool.
            if (trains && (!before || unit == 1)) reals += batch * b.PixelsBefore * b.Inputs;
            (long Size, int Width)[] norms = Design.IsBottleneck
                ? [(b.PixelsBefore * b.Inner, b.Inner), (b.Pixels * b.Inner, b.Inner), (b.Pixels * b.Outputs, b.Outputs)]
                : [(b.Pixels * b.Inner, b.Inner), (b.Pixels * b.Outputs, b.Outputs)];
            // A ReLU behind each; the next convolution's input too. What is normalised, and the moments, of the way around too.
            if (trains || before) reals += batch * norms.Sum(norm => norm.Size);
            if (trains) reals += norms.Sum(norm => (batch * norm.Size) + (2 * norm.Width)) + (b.IsChanged ? (batch * b.Pixels * b.Outputs) + (2 * b.Outputs) : 0);
        }
        if (!frozen[^1]) reals += (long)batch * Design.Features;
        return (reals, integers);
    }

    private Block At(int unit)
    {
        int expansion = Design.IsBottleneck ? 4 : 1, stage = 0, block = unit - 1;
        while (block >= Design.Blocks[stage]) block -= Design.Blocks[stage++];
        int inner = Design.Width << stage, outputs = inner * expansion;
        int inputs = block > 0 ? outputs : stage == 0 ? Design.Width : outputs / 2;
        return new Block(Pixels(block == 0 && stage > 0 ? stage + 1 : stage + 2), Pixels(stage + 2), inputs, inner, outputs);
    }

    /// <summary>Pixels after so many halvings.</summary>
    private long Pixels(int halvings)
    {
        long height = Height, width = Width;
        for (int i = 0; i < halvings; i++) (height, width) = ((height + 1) / 2, (width + 1) / 2);
        return height * width;
    }
}
