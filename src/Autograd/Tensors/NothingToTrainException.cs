namespace ResearchFreeze.Autograd;

/// <summary>A backward pass was asked for where nothing is trainable (requirement R16).</summary>
public sealed class NothingToTrainException(string message) : InvalidOperationException(message);
