using ResearchFreeze.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ResearchFreeze.Peers;

/// <summary>
/// A transformer of libtorch's operations, with the names of ResearchFreeze: units <c>embeddings</c>, <c>block1</c> …, <c>head</c>. Attention is libtorch's fused one, or written out: products, a mask of −∞, softmax.
/// </summary>
internal sealed class TorchTransformer : IDisposable
{
    private readonly TransformerPlan plan;
    private readonly bool isFused;
    private readonly Func<string, long[], Tensor> start;
    private readonly List<(string Name, Parameter Value)> parameters = [];
    private readonly Dictionary<string, Parameter> byName = new(StringComparer.Ordinal);
    private readonly Embedding? tokens, segments;

    /// <param name="plan">What it is like.</param>
    /// <param name="start">Makes a parameter's start value from its name and libtorch's shape.</param>
    /// <param name="isFused">Whether attention is libtorch's own.</param>
    public TorchTransformer(TransformerPlan plan, Func<string, long[], Tensor> start, bool isFused)
    {
        (this.plan, this.start, this.isFused) = (plan, start, isFused);
        long width = plan.Width;
        if (plan.Patch > 0)
        {
            Add("embeddings.token", 1, 1, width);
            Add("embeddings.patches.projection.weight", width, plan.Channels, plan.Patch, plan.Patch);
            Add("embeddings.patches.projection.bias", width);
        }
        else tokens = Table("embeddings.tokens.weight", plan.Vocabulary);
        Add("embeddings.positions.weight", plan.Places, width);
        if (plan.Segments > 0) segments = Table("embeddings.segments.weight", plan.Segments);
        if (plan.HasEmbeddingNorm) Norm("embeddings.norm");
        for (int i = 1; i <= plan.Layers; i++)
        {
            Norm($"block{i}.attention.norm");
            if (plan.IsPacked) Linear($"block{i}.attention.layer.packed", width, 3 * width);
            else foreach (string one in new[] { "query", "key", "value" }) Linear($"block{i}.attention.layer.{one}", width, width);
            Linear($"block{i}.attention.layer.output", width, width);
            Norm($"block{i}.feedForward.norm");
            Linear($"block{i}.feedForward.layer.expand", width, plan.Inner);
            Linear($"block{i}.feedForward.layer.contract", plan.Inner, width);
        }
        if (plan.IsPreNorm) Norm("head.norm");
        if (plan.HasPooler) Linear("head.pooler", width, width);
        if (!plan.IsTied) Linear("head.output", width, plan.Outputs);
    }

    public IReadOnlyList<(string Name, Parameter Value)> Parameters => parameters;

    public IEnumerable<(string Name, Parameter Value)> Trainable => parameters.Where(p => p.Value.requires_grad);

    /// <summary>Units in the order of the forward pass.</summary>
    public IEnumerable<string> Units => parameters.Select(p => Unit(p.Name)).Distinct();

    /// <summary>Nothing in these units, from the front, has a gradient.</summary>
    public void Freeze(int units)
    {
        string[] frozen = [.. Units.Take(units)];
        foreach ((_, Parameter value) in parameters.Where(p => frozen.Contains(Unit(p.Name)))) value.requires_grad = false;
    }

    /// <summary>Outputs of a sample, or of each token.</summary>
    /// <param name="input">Token ids (n, places), or images (n, channels, height, width).</param>
    /// <param name="kinds">Which text a token is of (n, places).</param>
    /// <param name="lengths">Tokens of each sample (n); null: all, and nothing is masked.</param>
    public Tensor Forward(Tensor input, Tensor? kinds = null, Tensor? lengths = null)
    {
        Tensor x = plan.Patch > 0 ? Patches(input) : tokens!.forward(input);
        x = x + this["embeddings.positions.weight"].narrow(0, 0, x.shape[1]);
        if (segments is not null) x = x + segments.forward(kinds!);
        if (plan.HasEmbeddingNorm) x = Normalised("embeddings.norm", x);
        Tensor? own = lengths is null ? null : arange(x.shape[1]).unsqueeze(0) < lengths.unsqueeze(1);
        for (int i = 1; i <= plan.Layers; i++)
        {
            string attention = $"block{i}.attention", feedForward = $"block{i}.feedForward";
            if (plan.IsPreNorm)
            {
                x = x + Attention(attention, Normalised(attention + ".norm", x), own);
                x = x + FeedForward(feedForward, Normalised(feedForward + ".norm", x));
            }
            else
            {
                x = Normalised(attention + ".norm", x + Attention(attention, x, own));
                x = Normalised(feedForward + ".norm", x + FeedForward(feedForward, x));
            }
        }
        return Head(x, own);
    }

    public void Dispose()
    {
        foreach ((_, Parameter value) in parameters) value.Dispose();
        tokens?.Dispose();
        segments?.Dispose();
    }

    private Parameter this[string name] => byName[name];

    private Tensor Patches(Tensor images)
    {
        Tensor cut = nn.functional.conv2d(images, this["embeddings.patches.projection.weight"], this["embeddings.patches.projection.bias"], [plan.Patch, plan.Patch]).flatten(2).transpose(1, 2);
        return cat([this["embeddings.token"].expand(images.shape[0], 1, plan.Width), cut], 1);
    }

    private Tensor Attention(string at, Tensor x, Tensor? own)
    {
        (long n, long places) = (x.shape[0], x.shape[1]);
        Tensor[] parts = plan.IsPacked ? Projected(at + ".layer.packed", x).chunk(3, -1) : [Projected(at + ".layer.query", x), Projected(at + ".layer.key", x), Projected(at + ".layer.value", x)];
        Tensor[] heads = [.. parts.Select(part => part.view(n, places, plan.Heads, plan.Width / plan.Heads).transpose(1, 2))];
        Tensor? mask = own?.unsqueeze(1).unsqueeze(2);
        Tensor seen = isFused ? nn.functional.scaled_dot_product_attention(heads[0], heads[1], heads[2], mask!, 0, plan.IsCausal) : WrittenOut(heads[0], heads[1], heads[2], mask);
        return Projected(at + ".layer.output", seen.transpose(1, 2).reshape(n, places, plan.Width));
    }

    private Tensor WrittenOut(Tensor query, Tensor key, Tensor value, Tensor? mask)
    {
        Tensor scores = matmul(query, key.transpose(-2, -1)) / Math.Sqrt(plan.Width / plan.Heads);
        if (mask is not null) scores = scores.masked_fill(mask.logical_not(), double.NegativeInfinity);
        long places = query.shape[2];
        if (plan.IsCausal) scores = scores.masked_fill(ones(places, places, dtype: ScalarType.Bool).triu(1), double.NegativeInfinity);
        return matmul(nn.functional.softmax(scores, -1), value);
    }

    private Tensor FeedForward(string at, Tensor x)
    {
        Tensor expanded = Projected(at + ".layer.expand", x);
        return Projected(at + ".layer.contract", plan.IsTanhGelu ? nn.functional.gelu(expanded, GELU.Approximate.tanh) : nn.functional.gelu(expanded));
    }

    private Tensor Head(Tensor x, Tensor? own)
    {
        if (plan.Pooling == Pooling.First) x = x.select(1, 0);
        if (plan.IsPreNorm) x = Normalised("head.norm", x);
        if (plan.Pooling == Pooling.Mean)
        {
            Tensor? weights = own?.unsqueeze(2).to_type(x.dtype);
            x = weights is null ? x.mean([1]) : (x * weights).sum([1]) / weights.sum([1]);
        }
        if (plan.HasPooler) x = Projected("head.pooler", x).tanh();
        return plan.IsTied ? nn.functional.linear(x, this["embeddings.tokens.weight"]) : Projected("head.output", x);
    }

    private Tensor Projected(string at, Tensor x) => nn.functional.linear(x, this[at + ".weight"], this[at + ".bias"]);

    private Tensor Normalised(string at, Tensor x) => nn.functional.layer_norm(x, [plan.Width], this[at + ".gamma"], this[at + ".beta"], plan.Epsilon);

    /// <summary>A tied head freezes with the table that it is.</summary>
    private string Unit(string name) => name.Split('.')[0] is var first && plan.IsTied && (first is "embeddings" or "head") ? "embeddings+head" : first;

    private Embedding Table(string name, long rows)
    {
        using Tensor values = start(name, [rows, plan.Width]);
        Embedding table = nn.Embedding_from_pretrained(values, freeze: false);
        Keep(name, table.weight!);
        return table;
    }

    private void Norm(string at)
    {
        Add(at + ".gamma", plan.Width);
        Add(at + ".beta", plan.Width);
    }

    private void Linear(string at, long inputs, long outputs)
    {
        Add(at + ".weight", outputs, inputs);
        Add(at + ".bias", outputs);
    }

    private void Add(string name, params long[] shape) => Keep(name, new Parameter(start(name, shape)));

    private void Keep(string name, Parameter value)
    {
        parameters.Add((name, value));
        byName.Add(name, value);
    }
}
