using TorchSharp;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

// Normalisation of rows, losses besides cross entropy, more maps, extremes, variances, views and embeddings.
internal static partial class OperationGolden
{
    private static OperationFamily Norms()
    {
        var family = new OperationFamily("norms", 112);
        foreach ((string name, long[] shape, float epsilon) in new (string, long[], float)[] { ("rows", [5, 7], 1e-5f), ("tokens", [2, 3, 8], 1e-5f), ("epsilon", [4, 6], 0.125f) })
        {
            family.Add($"layer-{name}", "layer norm", new() { ["epsilon"] = (double)epsilon }, [family.Normal("x", shape), .. Affine(shape[^1])],
                i => nn.functional.layer_norm(i[0], [shape[^1]], i[1], i[2], epsilon));
            family.Add($"rms-{name}", "rms norm", new() { ["epsilon"] = (double)epsilon }, [family.Normal("x", shape), family.Uniform("gamma", 0.5, 1.5, shape[^1])],
                i => i[0] * (i[0].square().mean([-1], keepdim: true) + (double)epsilon).rsqrt() * i[1]);
        }
        Group("image", 2, 2, 3, 4, 6);
        Group("one-group", 1, 2, 3, 3, 5);
        Group("instance", 4, 2, 3, 4, 4);
        Group("rows", 3, 5, 12);
        return family;

        OperationInput[] Affine(long channels) => [family.Uniform("gamma", 0.5, 1.5, channels), family.Uniform("beta", -0.5, 0.5, channels)];

        void Group(string name, int groups, params long[] shape)
        {
            bool isImage = shape.Length == 4;
            family.Add($"group-{name}", "group norm", new() { ["groups"] = groups, ["epsilon"] = (double)1e-5f }, [family.Normal("x", shape), .. Affine(shape[^1])], i =>
            {
                Tensor y = nn.functional.group_norm(isImage ? First(i[0]) : i[0], groups, i[1], i[2], 1e-5f);
                return isImage ? Last(y) : y;
            });
        }
    }

    private static OperationFamily Losses()
    {
        var family = new OperationFamily("losses", 113);
        family.Add("log-softmax-matrix", "log softmax", [], [family.Normal("x", 5, 7)], i => nn.functional.log_softmax(i[0], -1));
        family.Add("log-softmax-rank-3", "log softmax", [], [family.Normal("x", 2, 3, 5)], i => nn.functional.log_softmax(i[0], -1));
        family.Add("log-softmax-large", "log softmax", [], [family.Uniform("x", -100, 100, 4, 6)], i => nn.functional.log_softmax(i[0], -1));
        family.Add("binary-cross-entropy", "binary cross entropy", [], [family.Uniform("x", -6, 6, 8, 4), family.Uniform("target", 0, 1, 8, 4)],
            i => nn.functional.binary_cross_entropy_with_logits(i[0], i[1]));
        family.Add("binary-cross-entropy-large", "binary cross entropy", [], [family.Uniform("x", -60, 60, 7), family.Uniform("target", 0, 1, 7)],
            i => nn.functional.binary_cross_entropy_with_logits(i[0], i[1]));
        foreach ((string name, double delta) in new[] { ("one", 1.0), ("half", 0.5) })
        {
            family.Add($"huber-{name}", "huber", new() { ["delta"] = delta }, [family.Normal("x", 8, 8), family.Normal("target", 8, 8)], i => nn.functional.huber_loss(i[0], i[1], delta));
            family.Add($"huber-{name}-odd", "huber", new() { ["delta"] = delta }, [family.Normal("x", 3, 5), family.Normal("target", 3, 5)], i => nn.functional.huber_loss(i[0], i[1], delta));
        }
        return family;
    }

    private static OperationFamily MoreMaps()
    {
        var family = new OperationFamily("more-maps", 114);
        family.Add("gelu", "gelu", [], [family.Uniform("x", -5, 5, 5, 7)], i => nn.functional.gelu(i[0]));
        family.Add("gelu-tanh", "gelu tanh", [], [family.Uniform("x", -5, 5, 5, 7)],
            i => 0.5 * i[0] * (1 + (Math.Sqrt(2 / Math.PI) * (i[0] + (0.044715 * i[0] * i[0] * i[0]))).tanh()));
        family.Add("silu", "silu", [], [family.Uniform("x", -8, 8, 5, 7)], i => nn.functional.silu(i[0]));
        // From x = 20 on libtorch takes x itself.
        family.Add("softplus", "softplus", [], [family.Uniform("x", -19, 19, 5, 7)], i => nn.functional.softplus(i[0]));
        family.Add("leaky-relu", "leaky relu", new() { ["slope"] = 0.125 }, [family.Normal("x", 5, 7)], i => nn.functional.leaky_relu(i[0], 0.125));
        family.Add("leaky-relu-hundredth", "leaky relu", new() { ["slope"] = 0.01 }, [family.Normal("x", 5, 7)], i => nn.functional.leaky_relu(i[0], 0.01));
        family.Add("abs", "abs", [], [family.Normal("x", 5, 7)], i => i[0].abs());
        family.Add("clamp", "clamp", new() { ["low"] = -0.5, ["high"] = 0.75 }, [family.Normal("x", 5, 7)], i => i[0].clamp(-0.5, 0.75));
        foreach (double exponent in new[] { -2, -1, 0, 1, 2, 3, 7, 0.5, -0.5, 2.5 })
        {
            bool isWhole = exponent == Math.Round(exponent);
            OperationInput x = isWhole && exponent >= 0 ? family.Uniform("x", -1.5, 1.5, 5, 7) : family.Uniform("x", 0.25, 2, 5, 7);
            family.Add(FormattableString.Invariant($"pow-{exponent}"), "pow", new() { ["exponent"] = exponent }, [x], i => i[0].pow(exponent));
        }
        return family;
    }

    private static OperationFamily Extremes()
    {
        var family = new OperationFamily("extremes", 115);
        foreach ((string name, long[] a, long[] b) in new (string, long[], long[])[] { ("same", [3, 4], [3, 4]), ("row", [3, 4], [4]), ("outer", [3, 1], [1, 4]), ("scalar", [3, 4], []) })
        {
            family.Add($"maximum-{name}", "maximum", [], [family.Normal("a", a), family.Normal("b", b)], i => maximum(i[0], i[1]));
            family.Add($"minimum-{name}", "minimum", [], [family.Normal("a", a), family.Normal("b", b)], i => minimum(i[0], i[1]));
        }
        foreach (long[] axes in new long[][] { [0], [1], [2], [0, 2], [1, 2], [0, 1, 2] })
        {
            foreach (bool keepAxes in new[] { false, true })
            {
                family.Add($"max-{string.Concat(axes)}{(keepAxes ? "-kept" : "")}", "max", new() { ["axes"] = TensorFile.ToJson(axes), ["keepAxes"] = keepAxes },
                    [family.Distinct("x", 0.0625, 0.01, 3, 4, 5)], i => i[0].amax(axes, keepAxes));
            }
        }
        return family;
    }

    private static OperationFamily Variances()
    {
        var family = new OperationFamily("variances", 116);
        foreach (long[] axes in new long[][] { [0], [1], [2], [0, 2], [1, 2], [0, 1, 2] })
        {
            foreach (bool unbiased in new[] { true, false })
            {
                bool keepAxes = axes.Length == 2;
                family.Add($"{(unbiased ? "unbiased" : "biased")}-{string.Concat(axes)}", "variance",
                    new() { ["axes"] = TensorFile.ToJson(axes), ["unbiased"] = unbiased, ["keepAxes"] = keepAxes }, [family.Normal("x", 3, 4, 5)],
                    i => i[0].var(axes, unbiased, keepAxes));
            }
        }
        return family;
    }

    private static OperationFamily Views()
    {
        var family = new OperationFamily("views", 117);
        foreach (long[] axes in new long[][] { [1, 0], [0, 2, 1], [2, 0, 1], [1, 2, 0], [0, 3, 1, 2], [0, 2, 3, 1], [3, 2, 1, 0] })
        {
            long[] shape = [.. new long[] { 2, 3, 4, 5 }.Take(axes.Length)];
            family.Add($"permute-{string.Concat(axes)}", "permute", new() { ["axes"] = TensorFile.ToJson(axes) }, [family.Normal("x", shape)], i => i[0].permute(axes).contiguous());
        }
        foreach ((string name, int axis, long[][] shapes) in new (string, int, long[][])[]
        {
            ("rows", 0, [[2, 5], [1, 5], [3, 5]]), ("columns", 1, [[4, 2], [4, 3]]), ("middle", 1, [[2, 3, 4], [2, 1, 4]]), ("last", -1, [[2, 3, 1], [2, 3, 4], [2, 3, 2]]), ("one", 0, [[3, 4]]),
        })
        {
            OperationInput[] inputs = [.. shapes.Select((shape, i) => family.Normal($"x{i}", shape))];
            family.Add($"concatenate-{name}", "concatenate", new() { ["axis"] = axis }, inputs, i => cat(i, axis));
        }
        foreach ((string name, int axis, int start, int end, int step) in new[] { ("rows", 0, 1, 4, 1), ("columns", 1, 2, 6, 1), ("step", 1, 0, 6, 2), ("step-offset", 1, 1, 6, 3), ("last-row", 0, 4, 5, 1) })
        {
            family.Add($"slice-{name}", "slice", new() { ["axis"] = axis, ["start"] = start, ["end"] = end, ["step"] = step }, [family.Normal("x", 5, 6)],
                i => i[0].slice(axis, start, end, step).contiguous());
        }
        foreach ((string name, long[] before, long[] after) in new (string, long[], long[])[] { ("image", [0, 1, 2, 0], [0, 1, 1, 0]), ("all", [1, 0, 2, 1], [0, 3, 1, 2]), ("channels", [0, 0, 0, 2], [0, 0, 0, 2]) })
        {
            // libtorch counts axes from the last.
            long[] pads = [.. Enumerable.Range(0, 4).Reverse().SelectMany(axis => new[] { before[axis], after[axis] })];
            family.Add($"pad-{name}", "pad", new() { ["before"] = TensorFile.ToJson(before), ["after"] = TensorFile.ToJson(after) }, [family.Normal("x", 2, 3, 4, 2)],
                i => nn.functional.pad(i[0], pads, PaddingModes.Constant, 0));
        }
        return family;
    }

    private static OperationFamily Embedding()
    {
        var family = new OperationFamily("embedding", 118);
        Case("vector", 6, 4, [5, 0, 3], 3);
        Case("repeated", 5, 3, [1, 1, 4, 1, 0, 4, 1], 7);
        Case("matrix", 7, 5, [6, 2, 2, 0, 5, 2], 2, 3);
        return family;

        void Case(string name, int rows, int width, int[] ids, params long[] shape)
        {
            family.AddIntegers(name, "ids", ids, shape);
            family.Add(name, "embedding", [], [family.Normal("table", rows, width)],
                i => i[0].index_select(0, tensor(Array.ConvertAll(ids, v => (long)v))).reshape([.. shape, width]));
        }
    }
}
