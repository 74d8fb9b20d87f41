using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

// Convolution, pooling and batch norm. libtorch's own layout is (n, channels, height, width): inputs and outputs are permuted on the way.
internal static partial class OperationGolden
{
    private static OperationFamily Conv2d()
    {
        var family = new OperationFamily("conv2d", 109);
        Case("plain", [2, 5, 6, 3], [4, 3, 3, 3]);
        Case("without-bias", [2, 5, 6, 3], [4, 3, 3, 3], hasBias: false);
        Case("padding", [2, 5, 6, 3], [4, 3, 3, 3], padding: [1, 1]);
        Case("stride", [2, 7, 8, 3], [4, 3, 3, 3], stride: [2, 2], padding: [1, 1]);
        Case("stride-uneven", [1, 7, 9, 2], [3, 3, 3, 2], stride: [3, 2], padding: [1, 0]);
        Case("dilation", [2, 7, 8, 2], [3, 3, 3, 2], padding: [2, 1], dilation: [2, 2]);
        Case("stride-dilation", [1, 9, 8, 2], [3, 3, 2, 2], stride: [2, 3], padding: [1, 2], dilation: [2, 3]);
        Case("groups", [2, 5, 5, 6], [4, 3, 3, 3], padding: [1, 1], groups: 2);
        Case("depthwise", [2, 5, 6, 5], [5, 3, 3, 1], padding: [1, 1], groups: 5);
        Case("depthwise-multiplier-stride", [1, 6, 7, 3], [6, 3, 3, 1], stride: [2, 2], padding: [1, 1], groups: 3);
        Case("one-by-one", [2, 4, 5, 6], [7, 1, 1, 6]);
        Case("one-by-one-stride", [2, 5, 6, 4], [8, 1, 1, 4], stride: [2, 2], hasBias: false);
        Case("kernel-tall", [2, 6, 4, 3], [2, 5, 1, 3], padding: [2, 0]);
        Case("kernel-wide", [2, 3, 9, 3], [2, 1, 7, 3], padding: [0, 3]);
        Case("kernel-beyond-image", [2, 2, 3, 2], [3, 5, 5, 2], padding: [2, 2]);
        Case("stride-beyond-kernel", [2, 8, 9, 2], [3, 2, 2, 2], stride: [3, 4]);
        Case("one-channel", [1, 6, 6, 1], [1, 3, 3, 1], padding: [1, 1]);
        Case("many-channels", [1, 4, 4, 19], [17, 3, 3, 19], padding: [1, 1]);
        Case("relu", [2, 5, 6, 3], [4, 3, 3, 3], padding: [1, 1], activation: "relu");
        Case("tanh-groups", [2, 5, 6, 4], [4, 3, 3, 2], padding: [1, 1], groups: 2, activation: "tanh");
        return family;

        void Case(
            string name, long[] image, long[] weight, long[]? stride = null, long[]? padding = null, long[]? dilation = null, long groups = 1, bool hasBias = true, string activation = "none")
        {
            stride ??= [1, 1];
            padding ??= [0, 0];
            dilation ??= [1, 1];
            JsonObject attributes = Window(null, stride, padding);
            attributes["dilation"] = TensorFile.ToJson(dilation);
            attributes["groups"] = groups;
            attributes["activation"] = activation;
            OperationInput[] inputs = [family.Normal("x", image), family.Uniform("weight", -0.5, 0.5, weight), .. hasBias ? new[] { family.Normal("bias", weight[0]) } : []];
            family.Add(name, "conv2d", attributes, inputs, i => Activate(activation, Last(nn.functional.conv2d(First(i[0]), First(i[1]), hasBias ? i[2] : null, stride, padding, dilation, groups))));
        }
    }

    private static OperationFamily Pooling()
    {
        var family = new OperationFamily("pooling", 110);
        Case("plain", [2, 6, 8, 3], [2, 2], [2, 2], [0, 0]);
        Case("rest-left-out", [2, 5, 7, 3], [2, 2], [2, 2], [0, 0]);
        Case("overlapping", [2, 7, 6, 2], [3, 3], [2, 2], [1, 1]);
        Case("uneven", [1, 6, 7, 5], [3, 2], [1, 3], [1, 0]);
        Case("stride-beyond-kernel", [2, 8, 9, 2], [2, 2], [3, 4], [0, 0]);
        family.Add("global-average", "global average pool", [], [family.Normal("x", 3, 5, 7, 4)], i => i[0].mean([1, 2]));
        return family;

        void Case(string name, long[] image, long[] kernel, long[] stride, long[] padding)
        {
            family.Add($"max-{name}", "max pool", Window(kernel, stride, padding), [family.Normal("x", image)], i => Last(nn.functional.max_pool2d(First(i[0]), kernel, stride, padding)));
            family.Add($"average-{name}", "average pool", Window(kernel, stride, padding), [family.Normal("x", image)],
                i => Last(nn.functional.avg_pool2d(First(i[0]), kernel, stride, padding, count_include_pad: true)));
        }
    }

    private static OperationFamily BatchNorm()
    {
        var family = new OperationFamily("batch-norm", 111);
        foreach (bool training in new[] { true, false })
        {
            string mode = training ? "training" : "running";
            Case($"{mode}-image", [3, 4, 5, 6], training);
            Case($"{mode}-rows", [7, 5], training);
            Case($"{mode}-one-channel", [2, 3, 3, 1], training);
            Case($"{mode}-relu", [3, 4, 5, 6], training, activation: "relu");
            Case($"{mode}-residual", [3, 4, 5, 6], training, hasResidual: true);
            Case($"{mode}-residual-relu", [3, 4, 5, 6], training, hasResidual: true, activation: "relu");
            Case($"{mode}-numbers", [3, 4, 5, 6], training, momentum: 0.75f, epsilon: 1e-3f);
        }
        return family;

        void Case(string name, long[] shape, bool training, bool hasResidual = false, string activation = "none", float momentum = 0.1f, float epsilon = 1e-5f)
        {
            long channels = shape[^1];
            Tensor? mean = null, variance = null;
            OperationInput[] inputs =
            [
                family.Normal("x", shape), family.Uniform("gamma", 0.5, 1.5, channels), family.Uniform("beta", -0.5, 0.5, channels),
                family.Uniform("runningMean", -0.5, 0.5, channels) with { IsConstant = true }, family.Uniform("runningVariance", 0.5, 2, channels) with { IsConstant = true },
                .. hasResidual ? new[] { family.Normal("residual", shape) } : [],
            ];
            family.Add(name, "batch norm", new() { ["training"] = training, ["momentum"] = (double)momentum, ["epsilon"] = (double)epsilon, ["activation"] = activation }, inputs, i =>
            {
                mean = i[3].clone();
                variance = i[4].clone();
                Tensor rows = i[0].reshape(-1, channels);
                Tensor y = nn.functional.batch_norm(rows, mean, variance, i[1], i[2], training, momentum, epsilon).reshape(shape);
                return Activate(activation, hasResidual ? y + i[5] : y);
            }, () => [("runningMean", mean!), ("runningVariance", variance!)]);
        }
    }

    private static JsonObject Window(long[]? kernel, long[] stride, long[] padding)
    {
        var attributes = new JsonObject();
        if (kernel is not null) attributes["kernel"] = TensorFile.ToJson(kernel);
        attributes["stride"] = TensorFile.ToJson(stride);
        attributes["padding"] = TensorFile.ToJson(padding);
        return attributes;
    }

    /// <summary>Channels first, as libtorch wants them.</summary>
    private static Tensor First(Tensor x) => x.permute(0, 3, 1, 2).contiguous();

    /// <summary>Channels last.</summary>
    private static Tensor Last(Tensor x) => x.permute(0, 2, 3, 1).contiguous();
}
