using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

// A vision transformer (Dosovitskiy et al. 2021) from products, softmax and layer norms: 16 patches of 7×7 pixels, pre-norm blocks, the mean of all patches, a head.
const int BatchSize = 64, Epochs = 4;
using Device device = Devices.Best();
DataSets data = Datasets.FashionMnistSmall(device, seed: 42);
using VisionTransformer model = new VisionTransformer(width: 64, heads: 4, blocks: 2, classes: 10).Initialize(device, seed: 42);
int steps = Epochs * data.Train.BatchCount(BatchSize);
using var optimizer = new AdamW(model, new WarmUp(steps / 10, new Cosine(0.002f, steps))) { ClipNorm = 1 };
using var freeze = new FreezeController(model, optimizer, new WeightChange(), new Never());
for (int epoch = 1; epoch <= Epochs; epoch++)
{
    // In the second half what comes first is frozen, positions included: no gradient goes below the second block.
    if (epoch == 1 + (Epochs / 2)) model.Freeze(p => p.Path.StartsWith("embed", StringComparison.Ordinal) || p.Path is "positions" || p.Path.StartsWith("block1", StringComparison.Ordinal));
    foreach (Batch batch in data.Train.Batches(BatchSize, epoch))
    {
        using var scope = new Scope();
        Loss.CrossEntropy(model.Forward(batch.Inputs), batch.Labels).Backward();
        freeze.Step();
    }
    Console.WriteLine($"epoch {epoch}: validation {Metrics.Accuracy(model, data.Validation):P1}");
}
Console.WriteLine($"test accuracy {Metrics.Accuracy(model, data.Test):P1}\n{freeze.Ledger}");

internal sealed class VisionTransformer : Module
{
    private const int Patch = 7, Side = 28 / Patch;
    private readonly Linear embed, head;
    private readonly LayerNorm norm;
    private readonly Parameter positions;
    private readonly Block[] blocks;
    public VisionTransformer(int width, int heads, int blocks, int classes)
    {
        embed = Register(nameof(embed), new Linear(Patch * Patch, width));
        positions = Register(nameof(positions), [Side * Side, width], Initializers.Normal(0.02));
        this.blocks = [.. Enumerable.Range(0, blocks).Select(i => Register($"block{i + 1}", new Block(width, heads)))];
        (norm, head) = (Register(nameof(norm), new LayerNorm(width)), Register(nameof(head), new Linear(width, classes)));
    }

    public override Tensor Forward(Tensor images)
    {
        Tensor patches = images.Reshape(-1, Side, Patch, Side, Patch).Permute(0, 1, 3, 2, 4).Reshape(-1, Side * Side, Patch * Patch);
        Tensor x = blocks.Aggregate(embed.Forward(patches) + positions.Value, (x, block) => block.Forward(x));
        return head.Forward(norm.Forward(x).Mean([1]));
    }
}

internal sealed class Block : Module
{
    private readonly int heads;
    private readonly LayerNorm norm1, norm2;
    private readonly Linear qkv, project, up, down;
    public Block(int width, int heads)
    {
        this.heads = heads;
        (norm1, norm2) = (Register(nameof(norm1), new LayerNorm(width)), Register(nameof(norm2), new LayerNorm(width)));
        (qkv, project) = (Register(nameof(qkv), new Linear(width, 3 * width)), Register(nameof(project), new Linear(width, width)));
        (up, down) = (Register(nameof(up), new Linear(width, 4 * width)), Register(nameof(down), new Linear(4 * width, width)));
    }

    public override Tensor Forward(Tensor x)
    {
        x += Attention(norm1.Forward(x));
        return x + down.Forward(up.Forward(norm2.Forward(x)).Gelu());
    }

    // (n, tokens, width) → heads side by side (n, heads, tokens, width / heads) and back.
    private Tensor Attention(Tensor x)
    {
        (int tokens, int width) = (x.Shape[1], x.Shape[2] / heads);
        IReadOnlyList<Tensor> parts = qkv.Forward(x).Reshape(-1, tokens, 3, heads, width).Permute(2, 0, 3, 1, 4).Split(0, 1, 1, 1);
        (Tensor q, Tensor k, Tensor v) = (parts[0].Squeeze(0), parts[1].Squeeze(0), parts[2].Squeeze(0));
        Tensor mixed = (q.MatMul(k, transposeOther: true) / Math.Sqrt(width)).Softmax().MatMul(v);
        return project.Forward(mixed.Permute(0, 2, 1, 3).Reshape(-1, tokens, heads * width));
    }
}
