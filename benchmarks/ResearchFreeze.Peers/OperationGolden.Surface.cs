using System.Text.Json.Nodes;
using TorchSharp;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

// Functions of elements, places, other layouts of images, and losses beyond those of the first files.
internal static partial class OperationGolden
{
    private static OperationFamily Elements()
    {
        var family = new OperationFamily("elements", 119);
        foreach ((string name, Func<Tensor, Tensor> apply) in new (string, Func<Tensor, Tensor>)[]
        {
            ("sin", x => x.sin()), ("cos", x => x.cos()), ("erf", x => x.erf()), ("selu", x => nn.functional.selu(x)), ("mish", x => nn.functional.mish(x)),
            ("hard swish", x => nn.functional.hardswish(x)), ("hard sigmoid", x => nn.functional.hardsigmoid(x)),
        })
        {
            family.Add(name.Replace(' ', '-'), name, [], [family.Uniform("x", -5, 5, 5, 7)], i => apply(i[0]));
        }
        family.Add("sin-far", "sin", [], [family.Uniform("x", -3e4, 3e4, 5, 7)], i => i[0].sin());
        family.Add("elu", "elu", new() { ["alpha"] = 0.75 }, [family.Uniform("x", -5, 5, 5, 7)], i => nn.functional.elu(i[0], 0.75));
        family.Add("prelu", "prelu", [], [family.Normal("x", 5, 7), family.Uniform("slope", -0.5, 0.5, 7)], i => nn.functional.prelu(i[0], i[1]));
        family.Add("pow-tensor", "pow tensor", [], [family.Uniform("x", 0.25, 2, 5, 7), family.Uniform("exponent", -3, 3, 7)], i => i[0].pow(i[1]));
        family.Add("where", "where", [], [family.Normal("a", 5, 7), family.Normal("b", 5, 1), new OperationInput("mask", [.. Enumerable.Range(0, 7).Select(i => i % 3 == 0 ? 1.0 : 0)], [7], IsConstant: true)],
            i => where(i[2] > 0, i[0], i[1]));
        family.Add("one-minus-over", "one minus, over", [], [family.Uniform("x", 0.5, 2, 5, 7)], i => (1 - i[0]) * (2.5 / i[0]));
        family.Add("product", "product", new() { ["axis"] = 1 }, [family.Normal("x", 4, 5, 3)], i => i[0].prod(1));
        family.Add("log-sum-exp", "log-sum-exp", new() { ["axis"] = 1 }, [family.Uniform("x", -50, 50, 4, 5, 3)], i => i[0].logsumexp(1));
        family.Add("cumulative-sum", "cumulative sum", new() { ["axis"] = 1 }, [family.Normal("x", 4, 7, 3)], i => i[0].cumsum(1));
        family.Add("softmax-axis", "softmax axis", new() { ["axis"] = 1 }, [family.Normal("x", 4, 5, 3)], i => nn.functional.softmax(i[0], 1));
        family.Add("top-k", "top k", new() { ["count"] = 3 }, [family.Distinct("x", 0.125, 0.01, 4, 9)], i => i[0].topk(3).values);
        family.Add("einsum", "einsum", new() { ["pattern"] = "bhqk,bkhd->bqhd" }, [family.Normal("a", 2, 3, 4, 5), family.Normal("b", 2, 5, 3, 2)], i => einsum("bhqk,bkhd->bqhd", i[0], i[1]));
        Ids("take", "take", [3, 0, 3, 1], [4], 4, 5, 3, (x, ids) => x.index_select(1, ids));
        Ids("take-along", "take along", [.. Enumerable.Range(0, 4 * 2 * 3).Select(i => i * 7 % 5)], [4, 2, 3], 4, 5, 3, (x, ids) => x.gather(1, ids));
        return family;

        void Ids(string name, string operation, int[] ids, long[] shape, long a, long b, long c, Func<Tensor, Tensor, Tensor> apply)
        {
            family.AddIntegers(name, "ids", ids, shape);
            family.Add(name, operation, new() { ["axis"] = 1 }, [family.Normal("x", a, b, c)], i => apply(i[0], tensor(Array.ConvertAll(ids, id => (long)id), shape)));
        }
    }

    private static OperationFamily MoreImages()
    {
        var family = new OperationFamily("more-images", 120);
        Transposed("plain", [2, 4, 5, 3], [3, 3, 2, 4], 1, [0, 0], [0, 0], 1, 1);
        Transposed("doubling", [2, 4, 3, 4], [4, 4, 4, 3], 2, [1, 1], [0, 0], 1, 1);
        Transposed("output-padding-groups", [1, 3, 4, 4], [4, 3, 3, 3], 2, [1, 0], [1, 0], 1, 2);
        Transposed("dilation", [1, 3, 4, 2], [2, 2, 3, 3], 1, [1, 2], [0, 0], 2, 1);
        foreach (bool ceil in new[] { false, true })
        {
            foreach (bool counted in new[] { false, true })
            {
                family.Add($"average-pool-{(ceil ? "ceil" : "floor")}-{(counted ? "counted" : "not-counted")}", "average pool with", new() { ["ceil"] = ceil, ["countPadding"] = counted },
                    [family.Normal("x", 2, 7, 6, 3)], i => Last(nn.functional.avg_pool2d(First(i[0]), [3, 2], [2, 3], [1, 1], ceil, counted)));
            }
            family.Add($"max-pool-{(ceil ? "ceil" : "floor")}", "max pool with", new() { ["ceil"] = ceil, ["dilation"] = 1 }, [family.Distinct("x", 0.03125, 0.01, 2, 8, 6, 3)],
                i => Last(nn.functional.max_pool2d(First(i[0]), [3, 2], [2, 3], [1, 1], null, ceil)));
            family.Add($"max-pool-dilated-{(ceil ? "ceil" : "floor")}", "max pool with", new() { ["ceil"] = ceil, ["dilation"] = 2 }, [family.Distinct("x", 0.03125, 0.01, 2, 9, 8, 2)],
                i => Last(nn.functional.max_pool2d(First(i[0]), [3, 2], [2, 3], [1, 1], [2, 2], ceil)));
        }
        family.Add("nearest", "upsample", [], [family.Normal("x", 2, 3, 4, 3)], i => Last(nn.functional.interpolate(First(i[0]), [6, 12], mode: InterpolationMode.Nearest)));
        foreach (bool aligned in new[] { false, true })
        {
            foreach ((string name, long height, long width) in new[] { ("up", 7L, 9L), ("down", 2L, 3L) })
            {
                family.Add($"linear-{name}{(aligned ? "-aligned" : "")}", "resample", new() { ["size"] = new JsonArray(height, width), ["aligned"] = aligned }, [family.Normal("x", 2, 4, 5, 3)],
                    i => Last(nn.functional.interpolate(First(i[0]), [height, width], mode: InterpolationMode.Bilinear, align_corners: aligned)));
            }
        }
        family.Add("reflect", "pad by reflection", [], [family.Normal("x", 2, 4, 5, 3)], i => Last(nn.functional.pad(First(i[0]), [2, 1, 0, 3], PaddingModes.Reflect)));
        family.Add("conv1d", "conv1d", [], [family.Normal("x", 2, 9, 4), family.Normal("weight", 6, 3, 2), family.Normal("bias", 6)],
            i => nn.functional.conv1d(i[0].transpose(1, 2), i[1].transpose(1, 2), i[2], stride: 2, padding: 2, dilation: 2, groups: 2).transpose(1, 2));
        return family;

        void Transposed(string name, long[] image, long[] weight, long stride, long[] padding, long[] more, long dilation, long groups) =>
            family.Add($"transposed-{name}", "conv transpose2d",
                new() { ["stride"] = stride, ["padding"] = new JsonArray(padding[0], padding[1]), ["more"] = new JsonArray(more[0], more[1]), ["dilation"] = dilation, ["groups"] = groups },
                [family.Normal("x", image), family.Normal("weight", weight), family.Normal("bias", weight[3] * groups)],
                i => Last(nn.functional.conv_transpose2d(First(i[0]), First(i[1]), i[2], [stride, stride], padding, more, [dilation, dilation], groups)));
    }

    private static OperationFamily MoreLosses()
    {
        var family = new OperationFamily("more-losses", 121);
        const int Rows = 6, Classes = 5;
        int[] labels = [1, 0, 4, -100, 2, 1];
        foreach ((string name, nn.Reduction reduction) in new[] { ("mean", nn.Reduction.Mean), ("sum", nn.Reduction.Sum), ("none", nn.Reduction.None) })
        {
            foreach (bool weighted in new[] { false, true })
            {
                string @case = $"{name}{(weighted ? "-weighted" : "")}";
                OperationInput[] weights = weighted ? [family.Uniform("classWeights", 0.5, 2, Classes) with { IsConstant = true }] : [];
                family.AddIntegers($"labels-{@case}", "labels", labels, Rows);
                family.Add($"labels-{@case}", "labels loss", new() { ["reduction"] = name, ["smoothing"] = 0.125 }, [family.Normal("x", Rows, Classes), .. weights],
                    i => nn.functional.cross_entropy(i[0], Labels(), weighted ? i[1] : null, reduction: reduction, label_smoothing: 0.125));
                family.AddIntegers($"nll-{@case}", "labels", labels, Rows);
                family.Add($"nll-{@case}", "nll", new() { ["reduction"] = name }, [family.Normal("x", Rows, Classes), .. weights],
                    i => nn.functional.nll_loss(nn.functional.log_softmax(i[0], 1), Labels(), weighted ? i[1] : null, reduction: reduction));
            }
            family.Add($"probabilities-{name}", "probabilities loss", new() { ["reduction"] = name, ["smoothing"] = 0.125 }, [family.Normal("x", Rows, Classes), family.Normal("target", Rows, Classes)],
                i => nn.functional.cross_entropy(i[0], nn.functional.softmax(i[1], 1), reduction: reduction, label_smoothing: 0.125));
            family.Add($"triplet-{name}", "triplet", new() { ["reduction"] = name }, [family.Normal("anchor", Rows, 4), family.Normal("positive", Rows, 4), family.Normal("negative", Rows, 4)],
                i => nn.functional.triplet_margin_loss(i[0], i[1], i[2], 1.5, reduction: reduction));
            family.Add($"cosine-{name}", "cosine embedding", new() { ["reduction"] = name },
                [family.Normal("a", Rows, 4), family.Normal("b", Rows, 4), new OperationInput("sign", [1, -1, -1, 1, -1, 1], [Rows], IsConstant: true)],
                i => nn.functional.cosine_embedding_loss(i[0], i[1], i[2], 0.25, reduction));
            family.Add($"absolute-{name}", "absolute error", new() { ["reduction"] = name }, [family.Normal("x", Rows, 4), family.Normal("target", Rows, 4)], i => nn.functional.l1_loss(i[0], i[1], reduction));
        }
        family.Add("kullback-leibler", "kullback-leibler", [], [family.Normal("x", Rows, Classes), family.Normal("target", Rows, Classes)],
            i => nn.functional.kl_div(nn.functional.log_softmax(i[0], 1), nn.functional.softmax(i[1], 1), log_target: false, reduction: nn.Reduction.Sum) / Rows);
        return family;

        Tensor Labels() => tensor(Array.ConvertAll(labels, label => (long)label));
    }
}
