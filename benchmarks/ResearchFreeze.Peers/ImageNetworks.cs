using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

/// <summary>
/// A network for images, with names and layouts of ResearchFreeze: units that freeze as one, parameters <c>UNIT.….weight</c>, buffers <c>UNIT.….runningMean</c>. Start values are drawn from a seed, the running
/// moments too, so that nothing is 0 or 1 by chance.
/// </summary>
internal abstract class ImageNetwork(ulong seed, ScalarType type) : IDisposable
{
    private readonly SeededData random = new(seed);
    private readonly List<(string Path, nn.Module Module)> modules = [];

    public IEnumerable<(string Name, Parameter Value)> Parameters => modules.SelectMany(m => m.Module switch
    {
        Conv2d conv => Named(m.Path, ("weight", conv.weight), ("bias", conv.bias)),
        BatchNorm2d norm => Named(m.Path, ("gamma", norm.weight), ("beta", norm.bias)),
        Linear linear => Named(m.Path, ("weight", linear.weight), ("bias", linear.bias)),
        _ => throw new InvalidOperationException($"{m.Path}: no parameters are known of {m.Module}."),
    });

    public IEnumerable<(string Name, Parameter Value)> Trainable => Parameters.Where(p => p.Value.requires_grad);

    public IEnumerable<(string Name, Tensor Value)> Buffers => modules.SelectMany(m => m.Module is BatchNorm2d norm
        ? new[] { ($"{m.Path}.runningMean", norm.running_mean!), ($"{m.Path}.runningVariance", norm.running_var!) } : []);

    /// <summary>Units in the order of the forward pass.</summary>
    public IEnumerable<string> Units => modules.Select(m => Unit(m.Path)).Distinct();

    /// <summary>A network by its spec; with <paramref name="ownOrder"/>, the features of `cnn` are flattened in libtorch's order, which copies nothing, instead of in ours.</summary>
    public static ImageNetwork Create(string spec, long[] image, int classes, ulong seed, ScalarType type, bool ownOrder = false)
    {
        string[] parts = spec.Split(':');
        int[] numbers = [.. parts[1].Split(',').Select(int.Parse)];
        return parts[0] == "cnn" ? new Cnn(image, classes, numbers[0], numbers[1], numbers[2], seed, type, ownOrder) : new ResNet(image, classes, numbers[0], numbers[1], seed, type);
    }

    /// <summary>A convolution's weight as (out, kh, kw, in); everything else as it is.</summary>
    public static Tensor Ours(Tensor value) => value.dim() == 4 ? value.detach().permute(0, 2, 3, 1).contiguous() : value;

    /// <summary>Logits of images (n, channels, height, width).</summary>
    public abstract Tensor Forward(Tensor images);

    /// <summary>Nothing in the unit has a gradient, and its batch norms use their running moments and leave them alone.</summary>
    public void Freeze(string unit)
    {
        foreach ((_, nn.Module module) in modules.Where(m => Unit(m.Path) == unit))
        {
            foreach (Parameter parameter in module.parameters()) parameter.requires_grad = false;
            module.eval();
        }
    }

    public void Dispose()
    {
        foreach ((_, nn.Module module) in modules) module.Dispose();
    }

    protected Conv2d Conv(string path, long inputs, long outputs, long kernel, long stride, bool bias)
    {
        Conv2d conv = nn.Conv2d(inputs, outputs, kernel, stride: stride, padding: kernel / 2, bias: bias, dtype: type);
        double bound = 1 / Math.Sqrt(inputs * kernel * kernel);
        Draw(conv.weight!, -Math.Sqrt(6) * bound, Math.Sqrt(6) * bound);
        if (bias) Draw(conv.bias!, -bound, bound);
        modules.Add((path, conv));
        return conv;
    }

    protected BatchNorm2d Norm(string path, long channels)
    {
        // ResearchFreeze takes both numbers as float32.
        BatchNorm2d norm = nn.BatchNorm2d(channels, eps: 1e-5f, momentum: 0.1f, dtype: type);
        Draw(norm.weight!, 0.5, 1.5);
        Draw(norm.bias!, -0.3, 0.3);
        Draw(norm.running_mean!, -0.3, 0.3);
        Draw(norm.running_var!, 0.5, 2);
        modules.Add((path, norm));
        return norm;
    }

    protected Linear Linear(string path, long inputs, long outputs)
    {
        Linear linear = nn.Linear(inputs, outputs, dtype: type);
        double bound = 1 / Math.Sqrt(inputs);
        Draw(linear.weight!, -Math.Sqrt(6) * bound, Math.Sqrt(6) * bound);
        Draw(linear.bias!, -bound, bound);
        modules.Add((path, linear));
        return linear;
    }

    private static string Unit(string path) => path.Split('.')[0];

    private static IEnumerable<(string, Parameter)> Named(string path, params (string Name, Parameter? Value)[] values) =>
        values.Where(v => v.Value is not null).Select(v => ($"{path}.{v.Name}", v.Value!));

    private void Draw(Tensor to, double low, double high)
    {
        using var _ = no_grad();
        using Tensor drawn = tensor(random.Uniform((int)to.numel(), low, high), to.shape);
        to.copy_(drawn);
    }
}

/// <summary>Convolution 3×3, ReLU, max pooling 2×2, twice, then two linear layers. Flattened as (height, width, channels).</summary>
internal sealed class Cnn : ImageNetwork
{
    private readonly bool ownOrder;
    private readonly Conv2d conv1, conv2;
    private readonly Linear fc1, head;

    public Cnn(long[] image, int classes, int first, int second, int hidden, ulong seed, ScalarType type, bool ownOrder)
        : base(seed, type)
    {
        this.ownOrder = ownOrder;
        conv1 = Conv("conv1", image[2], first, 3, 1, bias: true);
        conv2 = Conv("conv2", first, second, 3, 1, bias: true);
        fc1 = Linear("fc1", image[0] / 4 * (image[1] / 4) * second, hidden);
        head = Linear("head", hidden, classes);
    }

    public override Tensor Forward(Tensor images)
    {
        Tensor x = nn.functional.max_pool2d(conv1.forward(images).relu_(), 2);
        x = nn.functional.max_pool2d(conv2.forward(x).relu_(), 2);
        return head.forward(fc1.forward((ownOrder ? x : x.permute(0, 2, 3, 1)).flatten(1)).relu_());
    }
}

/// <summary>The residual network for small images of He et al. (2016, section 4.2) with option B: 6n + 2 layers, widths w, 2w, 4w, and a 1×1 convolution with batch norm where a block changes its width.</summary>
internal sealed class ResNet : ImageNetwork
{
    private readonly Conv2d stem;
    private readonly BatchNorm2d norm;
    private readonly List<Block> blocks = [];
    private readonly Linear head;

    public ResNet(long[] image, int classes, int depth, int width, ulong seed, ScalarType type)
        : base(seed, type)
    {
        int perStage = (depth - 2) / 6, inputs = width;
        stem = Conv("stem.conv", image[2], width, 3, 1, bias: false);
        norm = Norm("stem.norm", width);
        for (int i = 0; i < 3 * perStage; i++)
        {
            int outputs = width << (i / perStage), stride = outputs == inputs ? 1 : 2;
            string path = $"block{i + 1}.";
            blocks.Add(new Block(
                Conv(path + "conv1", inputs, outputs, 3, stride, bias: false), Norm(path + "norm1", outputs), Conv(path + "conv2", outputs, outputs, 3, 1, bias: false), Norm(path + "norm2", outputs),
                stride == 1 ? null : Conv(path + "shortcutConv", inputs, outputs, 1, stride, bias: false), stride == 1 ? null : Norm(path + "shortcutNorm", outputs)));
            inputs = outputs;
        }
        head = Linear("head", inputs, classes);
    }

    public override Tensor Forward(Tensor images)
    {
        Tensor x = norm.forward(stem.forward(images)).relu_();
        foreach (Block b in blocks)
        {
            Tensor y = b.Norm2.forward(b.Conv2.forward(b.Norm1.forward(b.Conv1.forward(x)).relu_()));
            x = (y + (b.ShortcutConv is null ? x : b.ShortcutNorm!.forward(b.ShortcutConv.forward(x)))).relu_();
        }
        return head.forward(x.mean([2, 3]));
    }

    private sealed record Block(Conv2d Conv1, BatchNorm2d Norm1, Conv2d Conv2, BatchNorm2d Norm2, Conv2d? ShortcutConv, BatchNorm2d? ShortcutNorm);
}
