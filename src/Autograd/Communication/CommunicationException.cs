namespace ResearchFreeze.Autograd;

/// <summary>The ranks of a run cannot go on together: one has failed or gone, or they do not do the same. The message is one line.</summary>
public sealed class CommunicationException(string message, Exception? inner = null) : Exception(message, inner);
