-- What HTML has no element for and Word has: footnotes, sections of turned pages. Which tables have row
-- headers pandoc does not tell Word; a style without a meaning of its own marks them (`word.CHANGES`).
function Table(tbl)
  if tbl.bodies[1] and tbl.bodies[1].row_head_columns > 0 then
    tbl.attributes['custom-style'] = 'Row headers'
    return tbl
  end
end

function Span(span)
  if span.classes:includes('caption-number') then return pandoc.Strong(span.content) end
  if span.classes:includes('footnote') then return pandoc.Note{pandoc.Para(span.content)} end
end

function Div(div)
  if div.classes:includes('admonition') then div.attributes['custom-style'] = 'Answer' end
  if div.classes:includes('landscape') then
    div.content:insert(1, pandoc.RawBlock('openxml', '<!--turned-->'))
    div.content:insert(pandoc.RawBlock('openxml', '<!--upright-->'))
  end
  return div
end

local function says(part)
  return part.t ~= 'Span' or #part.content > 0
end

-- Targets of links that stand alone would be empty lines.
function Blocks(blocks)
  local kept, targets = pandoc.Blocks{}, pandoc.Inlines{}
  for _, block in ipairs(blocks) do
    local text = block.t == 'Para' or block.t == 'Plain' or block.t == 'Header'
    if text and not block.content:find_if(says) then
      targets:extend(block.content:filter(function(part) return part.identifier ~= '' end))
    else
      if #targets > 0 and text then
        block.content = targets .. block.content
      elseif #targets > 0 then
        kept:insert(pandoc.Plain(targets))
      end
      targets = pandoc.Inlines{}
      kept:insert(block)
    end
  end
  if #targets > 0 then kept:insert(pandoc.Plain(targets)) end
  return kept
end
