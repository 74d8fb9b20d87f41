namespace ResearchFreeze.Training;

/// <summary>A parameter here and there. <c>#</c> is the number of a block, from 1 here and from 0 there.</summary>
/// <param name="Ours">Its path here.</param>
/// <param name="Theirs">Its name there.</param>
/// <param name="Form">How its elements lie there.</param>
internal sealed record HuggingFaceName(string Ours, string Theirs, TensorForm Form = TensorForm.Same);

/// <summary>How a tensor's elements lie there, beside here.</summary>
internal enum TensorForm
{
    /// <summary>As here.</summary>
    Same,

    /// <summary>A matrix (in, out): a layer of GPT-2 is a convolution there.</summary>
    Turned,

    /// <summary>A convolution's weight (out, in, height, width).</summary>
    Convolution,

    /// <summary>A table with an axis of 1 before it.</summary>
    Batched,

    /// <summary>A table of places with two rows more before the first.</summary>
    BehindTwoRows,
}

/// <summary>The names of models that are shared on Hugging Face.</summary>
internal static class HuggingFaceNames
{
    /// <summary>BERT's and RoBERTa's; the latter's places begin behind the padding's id.</summary>
    public static HuggingFaceName[] Bert(bool isRoberta) =>
    [
        new("embeddings.tokens.weight", "embeddings.word_embeddings.weight"),
        new("embeddings.positions.weight", "embeddings.position_embeddings.weight", isRoberta ? TensorForm.BehindTwoRows : TensorForm.Same),
        new("embeddings.segments.weight", "embeddings.token_type_embeddings.weight"),
        .. Norm("embeddings.norm", "embeddings.LayerNorm"),
        .. Linear("block#.attention.layer.query", "encoder.layer.#.attention.self.query"),
        .. Linear("block#.attention.layer.key", "encoder.layer.#.attention.self.key"),
        .. Linear("block#.attention.layer.value", "encoder.layer.#.attention.self.value"),
        .. Linear("block#.attention.layer.output", "encoder.layer.#.attention.output.dense"),
        .. Norm("block#.attention.norm", "encoder.layer.#.attention.output.LayerNorm"),
        .. Linear("block#.feedForward.layer.expand", "encoder.layer.#.intermediate.dense"),
        .. Linear("block#.feedForward.layer.contract", "encoder.layer.#.output.dense"),
        .. Norm("block#.feedForward.norm", "encoder.layer.#.output.LayerNorm"),
        .. Linear("head.pooler", "pooler.dense"),
        .. Linear("head.output", "classifier"),
    ];

    /// <summary>DistilBERT's.</summary>
    public static HuggingFaceName[] DistilBert { get; } =
    [
        new("embeddings.tokens.weight", "embeddings.word_embeddings.weight"),
        new("embeddings.positions.weight", "embeddings.position_embeddings.weight"),
        .. Norm("embeddings.norm", "embeddings.LayerNorm"),
        .. Linear("block#.attention.layer.query", "transformer.layer.#.attention.q_lin"),
        .. Linear("block#.attention.layer.key", "transformer.layer.#.attention.k_lin"),
        .. Linear("block#.attention.layer.value", "transformer.layer.#.attention.v_lin"),
        .. Linear("block#.attention.layer.output", "transformer.layer.#.attention.out_lin"),
        .. Norm("block#.attention.norm", "transformer.layer.#.sa_layer_norm"),
        .. Linear("block#.feedForward.layer.expand", "transformer.layer.#.ffn.lin1"),
        .. Linear("block#.feedForward.layer.contract", "transformer.layer.#.ffn.lin2"),
        .. Norm("block#.feedForward.norm", "transformer.layer.#.output_layer_norm"),
        .. Linear("head.output", "classifier"),
    ];

    /// <summary>GPT-2's.</summary>
    public static HuggingFaceName[] Gpt2 { get; } =
    [
        new("embeddings.tokens.weight", "wte.weight"),
        new("embeddings.positions.weight", "wpe.weight"),
        .. Norm("block#.attention.norm", "h.#.ln_1"),
        .. Linear("block#.attention.layer.packed", "h.#.attn.c_attn", TensorForm.Turned),
        .. Linear("block#.attention.layer.output", "h.#.attn.c_proj", TensorForm.Turned),
        .. Norm("block#.feedForward.norm", "h.#.ln_2"),
        .. Linear("block#.feedForward.layer.expand", "h.#.mlp.c_fc", TensorForm.Turned),
        .. Linear("block#.feedForward.layer.contract", "h.#.mlp.c_proj", TensorForm.Turned),
        .. Norm("head.norm", "ln_f"),
    ];

    /// <summary>ViT's.</summary>
    public static HuggingFaceName[] Vit { get; } =
    [
        new("embeddings.token", "embeddings.cls_token"),
        new("embeddings.positions.weight", "embeddings.position_embeddings", TensorForm.Batched),
        new("embeddings.patches.projection.weight", "embeddings.patch_embeddings.projection.weight", TensorForm.Convolution),
        new("embeddings.patches.projection.bias", "embeddings.patch_embeddings.projection.bias"),
        .. Norm("block#.attention.norm", "encoder.layer.#.layernorm_before"),
        .. Linear("block#.attention.layer.query", "encoder.layer.#.attention.attention.query"),
        .. Linear("block#.attention.layer.key", "encoder.layer.#.attention.attention.key"),
        .. Linear("block#.attention.layer.value", "encoder.layer.#.attention.attention.value"),
        .. Linear("block#.attention.layer.output", "encoder.layer.#.attention.output.dense"),
        .. Norm("block#.feedForward.norm", "encoder.layer.#.layernorm_after"),
        .. Linear("block#.feedForward.layer.expand", "encoder.layer.#.intermediate.dense"),
        .. Linear("block#.feedForward.layer.contract", "encoder.layer.#.output.dense"),
        .. Norm("head.norm", "layernorm"),
        .. Linear("head.output", "classifier"),
    ];

    /// <summary>The name there of one of our paths; null: it has none.</summary>
    public static (string Name, TensorForm Form)? Of(IReadOnlyList<HuggingFaceName> names, string path)
    {
        int block = 0;
        string general = path;
        if (path.StartsWith("block", StringComparison.Ordinal))
        {
            int dot = path.IndexOf('.', StringComparison.Ordinal);
            block = int.Parse(path.AsSpan(5, dot - 5), System.Globalization.CultureInfo.InvariantCulture);
            general = "block#" + path[dot..];
        }
        return names.FirstOrDefault(each => each.Ours == general) is { } found ? (found.Theirs.Replace("#", (block - 1).ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal), found.Form) : null;
    }

    private static HuggingFaceName[] Linear(string ours, string theirs, TensorForm form = TensorForm.Same) => [new($"{ours}.weight", $"{theirs}.weight", form), new($"{ours}.bias", $"{theirs}.bias")];

    private static HuggingFaceName[] Norm(string ours, string theirs) => [new($"{ours}.gamma", $"{theirs}.weight"), new($"{ours}.beta", $"{theirs}.bias")];
}
